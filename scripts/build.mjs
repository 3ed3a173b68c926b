// Builds what Greengrass deploys, and what `npx packdrift` runs.
//   artifacts/io.packdrift.Monitor/<version>/  packdrift.mjs, aws-crt-x64.node, aws-crt-arm64.node
//   greengrass-build/                          the same with the recipe, as `gdk component build` lays it: it calls this too
//   dist/                                      the same program, with the lab, the archive and the library beside it
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { archive, lab } from "./build/beside.mjs";
import { deviceBundle } from "./build/device-bundle.mjs";
import { greengrassTree } from "./build/greengrass.mjs";
import { library } from "./build/library.mjs";
import { ARTIFACTS, CRT, DIST } from "./build/paths.mjs";

for (const folder of [dirname(ARTIFACTS), DIST]) rmSync(folder, { recursive: true, force: true });
for (const folder of [ARTIFACTS, DIST]) mkdirSync(folder, { recursive: true });

await Promise.all([artifacts(), library(), lab(), archive()]);

async function artifacts() {
  const metafile = await deviceBundle(join(ARTIFACTS, "packdrift.mjs"));
  writeFileSync(join(DIST, "packdrift.meta.json"), JSON.stringify(metafile));
  for (const arch of ["x64", "arm64"]) {
    const binary = join(CRT, `dist/bin/linux-${arch}-glibc/aws-crt-nodejs.node`);
    copyFileSync(binary, join(ARTIFACTS, `aws-crt-${arch}.node`));
  }
  // No hard links: npm leaves them out of a package.
  for (const file of readdirSync(ARTIFACTS)) copyFileSync(join(ARTIFACTS, file), join(DIST, file));
  greengrassTree();
}
