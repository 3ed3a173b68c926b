// The files of a release besides its programs: our licence, third-party notices, the bill of materials, and checksums of all files.
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describePackages, packagesIn } from "./contents.mjs";
import { sha256Of } from "./device-bundle.mjs";
import { thirdPartyNotices } from "./notices.mjs";
import { TOP } from "./paths.mjs";
import { billOfMaterials } from "./sbom.mjs";

/** Writes them to a folder with the programs of these builds. `sha256sum --check SHA256SUMS` verifies the files. */
export function writeReleaseFiles(folder, metafiles) {
  const packages = describePackages(packagesIn(metafiles));
  const programs = filesIn(folder).map((name) => ({ name, sha256: sha256Of(join(folder, name)) }));
  copyFileSync(join(TOP, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "THIRD-PARTY-NOTICES.txt"), thirdPartyNotices(packages));
  writeFileSync(join(folder, "sbom.cdx.json"), billOfMaterials(packages, programs));
  const sums = filesIn(folder).map((name) => `${sha256Of(join(folder, name))}  ${name}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));
}

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
