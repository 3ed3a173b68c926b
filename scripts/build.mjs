// Builds what Greengrass deploys, and what `npx packdrift` runs.
//   artifacts/io.packdrift.Monitor/<version>/  packdrift.mjs, examiner.cjs, aws-crt-<arch>.node for both, with licences, bill of materials and checksums
//   greengrass-build/                          the same with the recipe, as `gdk component build` lays it: it calls this too
//   dist/                                      the same program, with the lab, the archive, the fleet and the library
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { deviceBundle } from "./build/device-bundle.mjs";
import { greengrassTree } from "./build/greengrass.mjs";
import { library } from "./build/library.mjs";
import { manPage } from "./build/man-page.mjs";
import { ARTIFACTS, CRT, DIST, TOP } from "./build/paths.mjs";
import { writeReleaseFiles } from "./build/release-files.mjs";
import { archive, completion, fleetLambda, fleetPage, servers } from "./build/server-bundles.mjs";

// `npm start` would otherwise be silent for half a minute.
const begunAt = Date.now();
process.stderr.write("Building packdrift …\n");
for (const folder of [dirname(ARTIFACTS), DIST]) rmSync(folder, { recursive: true, force: true });
for (const folder of [ARTIFACTS, DIST]) mkdirSync(folder, { recursive: true });

const [device, archived, served, lambda] = await Promise.all([
  artifacts(),
  archive(),
  servers(),
  fleetLambda(),
  library(),
  fleetPage(),
  completion(),
  manPage(),
]);
writeReleaseFiles(ARTIFACTS, device);
greengrassTree();
schemas();
writeReleaseFiles(DIST, [...device, ...archived, ...served, ...lambda]);
process.stderr.write(`Built in ${Math.round((Date.now() - begunAt) / 1_000)} s\n`);

/** The program and its native part, for each architecture, in both folders; returns the program's metafiles. */
async function artifacts() {
  const metafiles = await deviceBundle(ARTIFACTS);
  for (const arch of ["x64", "arm64"]) {
    const binary = join(CRT, `dist/bin/linux-${arch}-glibc/aws-crt-nodejs.node`);
    copyFileSync(binary, join(ARTIFACTS, `aws-crt-${arch}.node`));
  }
  // No hard links: npm leaves them out of a package.
  for (const file of readdirSync(ARTIFACTS)) copyFileSync(join(ARTIFACTS, file), join(DIST, file));
  return metafiles;
}

/** The JSON Schemas of what packdrift reads and prints: `packdrift/report.schema.json` and so on. */
function schemas() {
  const files = readdirSync(join(TOP, "src"), { recursive: true }).filter((file) => file.endsWith(".schema.json"));
  for (const file of files) copyFileSync(join(TOP, "src", file), join(DIST, basename(file)));
}
