// Bundles chaos.ts and runs it: the sources are TypeScript, and find the repository's top two folders above themselves.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, "../../dist/chaos/chaos.mjs");
await build({
  entryPoints: [join(here, "chaos.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  logLevel: "error",
});
await import(pathToFileURL(outfile).href);
