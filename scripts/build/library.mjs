// What `import … from "packdrift"` gives.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { DIST, require, TOP } from "./paths.mjs";

/** src/index.ts as one module, and the declarations of it and of all that it names. */
export async function library() {
  const entry = join(TOP, "src/index.ts");
  await Promise.all([code(entry), declarations(entry)]);
}

function code(entry) {
  return build({
    entryPoints: [entry],
    outfile: join(DIST, "index.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node16.20",
    logLevel: "warning",
  });
}

async function declarations(entry) {
  // prettier-ignore
  const options = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: join(DIST, "types"),
    rootDir: join(TOP, "src"),
    module: "nodenext",
    target: "es2022",
    lib: "es2022",
    types: "node",
    strict: true,
    skipLibCheck: true,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  try {
    await promisify(execFile)(process.execPath, [require.resolve("typescript/bin/tsc"), entry, ...args], { cwd: TOP });
  } catch (error) {
    throw new Error(`Cannot write the library's types:\n${error.stdout}`, { cause: error });
  }
}
