import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/**
 * Bundles TypeScript, its packages left in node_modules. `source`: a file, or esbuild's `stdin`. `define` replaces names in it.
 */
export async function bundle(source, outfile, define = {}) {
  await build({
    ...(typeof source === "string" ? { entryPoints: [source] } : { stdin: source }),
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
    define,
  });
}

/** Bundles TypeScript, and gives what it exports. */
export async function bundled(source, outfile, define = {}) {
  await bundle(source, outfile, define);
  return import(pathToFileURL(outfile).href);
}
