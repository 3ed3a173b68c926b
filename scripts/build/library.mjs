// The library: `import … from "packdrift"` and `require("packdrift")`.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { DIST, TOP } from "./paths.mjs";

const SOURCE = join(TOP, "src/index.ts");

/** src/index.ts as one module of either kind, with one file of declarations, which contains only what the library exports. */
export async function library() {
  await Promise.all([code("esm", "index.mjs"), code("cjs", "index.cjs"), declarations()]);
}

function code(format, name) {
  return build({
    entryPoints: [SOURCE],
    outfile: join(DIST, name),
    bundle: true,
    format,
    platform: "node",
    target: "node16.20",
    // A CommonJS module has no import.meta.
    ...(format === "cjs" && { define: { "import.meta.url": "__filename" } }),
    logLevel: "warning",
  });
}

async function declarations() {
  const plugins = [dts({ tsconfig: join(TOP, "scripts/build/library.tsconfig.json") })];
  const bundle = await rollup({ input: SOURCE, plugins, external: [/^node:/] });
  await bundle.write({ file: join(DIST, "index.d.mts"), format: "es" });
  await bundle.close();
  copyFileSync(join(DIST, "index.d.mts"), join(DIST, "index.d.cts"));
}
