// What travels beside the programs: our licence, others' notices, the bill of materials, and the sums of all files.
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describePackages, packagesIn } from "./contents.mjs";
import { sha256Of } from "./device-bundle.mjs";
import { thirdPartyNotices } from "./notices.mjs";
import { TOP } from "./paths.mjs";
import { billOfMaterials } from "./sbom.mjs";

/** Lays them into a folder whose programs these builds have made. `sha256sum --check SHA256SUMS` holds the files against them. */
export function layPapers(folder, metafiles) {
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
