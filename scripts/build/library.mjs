// What `import … from "packdrift"` gives.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { DIST, require, TOP } from "./paths.mjs";

/** src/index.ts as one module, and the declarations of it and of all that it names. */
export async function library() {
  await Promise.all([code(), declarations()]);
}

function code() {
  return build({
    entryPoints: [join(TOP, "src/index.ts")],
    outfile: join(DIST, "index.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node16.20",
    logLevel: "warning",
  });
}

async function declarations() {
  const tsc = require.resolve("typescript/bin/tsc");
  try {
    await promisify(execFile)(process.execPath, [tsc, "-p", join(TOP, "scripts/build/library.tsconfig.json")]);
  } catch (error) {
    throw new Error(`Cannot write the library's types:\n${error.stdout}`, { cause: error });
  }
}
