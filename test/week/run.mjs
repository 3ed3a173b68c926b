// Bundles main.ts beside the program and runs it: the sources are TypeScript. Two folders deep, as test/week is.
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, "../../dist/test/week.mjs");
await build({
  entryPoints: [join(here, "main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  logLevel: "error",
  define: { PACKDRIFT_VERSION: '"week"' },
});
await import(pathToFileURL(outfile).href);
