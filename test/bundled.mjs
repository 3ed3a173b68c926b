import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Bundles a TypeScript source, its packages left in node_modules, and gives what it exports. `define` replaces names in it. */
export async function bundled(entry, outfile, define = {}) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
    define,
  });
  return import(pathToFileURL(outfile).href);
}
