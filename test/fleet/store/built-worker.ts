import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Builds the store's threads into a folder, as the build lays them into dist/. */
export async function builtWorker(folder: string): Promise<URL> {
  const outfile = join(folder, "fleet-worker.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "../../../src/fleet/store/worker-entry.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Packages are found from the repository, wherever the folder is.
    define: { "import.meta.url": JSON.stringify(import.meta.url) },
    packages: "external",
    logLevel: "error",
  });
  return pathToFileURL(outfile);
}
