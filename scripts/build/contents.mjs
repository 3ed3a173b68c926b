// The contents of the bundles: packages with version, licence and origin, as esbuild and the lock file state them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TOP } from "./paths.mjs";

/** Licences that only require their text to be distributed. Any other one needs a decision first. */
const ACCEPTED = ["Apache-2.0", "MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause"];
const APACHE = "Apache-2.0";

/**
 * The packages of which these builds have put code into their outputs, sorted, each by where it is installed: `mqtt`, or
 * `mqtt/node_modules/readable-stream` for a copy that one package has of its own.
 */
export function packagesIn(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  );
  const folders = files.map((file) => INSTALLED.exec(file)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

const ONE = "(?:@[^/]+/)?[^/]+";
const INSTALLED = new RegExp(`^.*?node_modules/(${ONE}(?:/node_modules/${ONE})*)/`);

/** Describes a package by its folder and the lock file. Throws if it cannot be distributed as it is. */
export function describePackage(place, lock, folder = join(TOP, "node_modules", place)) {
  const name = place.split("node_modules/").pop();
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const locked = lock.packages[`node_modules/${place}`];
  if (locked === undefined || locked.version !== version)
    throw new Error(
      `Cannot describe ${name}: expected ${locked?.version ?? "nothing"} by the lock file, found ${version}`,
    );
  if (!ACCEPTED.includes(license))
    throw new Error(`Cannot distribute ${name}: expected one of ${ACCEPTED.join(", ")}, its licence is ${license}`);
  const read = (pattern) => {
    const file = readdirSync(folder).find((each) => pattern.test(each));
    return file === undefined ? null : readFileSync(join(folder, file), "utf8").trim();
  };
  const text = read(/^licen[cs]e/i) ?? licenceSection(read(/^readme(\.md)?$/i));
  // Apache's text is the same for all; the others name their authors in it.
  if (text === null && license !== APACHE) throw new Error(`Cannot distribute ${name}: it has no licence text`);
  return {
    name,
    version,
    license,
    text,
    notice: read(/^notice/i),
    integrity: locked.integrity ?? null,
    dependencies: Object.keys(locked.dependencies ?? {}).map((each) => placeOf(each, place, lock)),
    place,
  };
}

/** Some packages have their licence in their README alone. */
function licenceSection(readme) {
  const section = /^#+ *licen[cs]e[^\n]*\n(.*)/ims.exec(readme ?? "")?.[1].trim() ?? "";
  return /copyright/i.test(section) && /permission/i.test(section) ? section : null;
}

/** Where Node finds a package that is required by one of this place. */
function placeOf(name, from, lock) {
  const own = `${from}/node_modules/${name}`;
  if (lock.packages[`node_modules/${own}`] !== undefined) return own;
  const above = from.lastIndexOf("/node_modules/");
  return above === -1 ? name : placeOf(name, from.slice(0, above), lock);
}

/** Describes the packages in these folders, by the lock file of the repository. */
export function describePackages(folders) {
  const lock = JSON.parse(readFileSync(join(TOP, "package-lock.json"), "utf8"));
  return folders.map((folder) => describePackage(folder, lock));
}

/** The C libraries that are linked into packages' native parts; the packages state no versions. */
export const LINKED = {
  "aws-crt": [
    "aws-c-auth",
    "aws-c-cal",
    "aws-c-common",
    "aws-c-compression",
    "aws-c-event-stream",
    "aws-c-http",
    "aws-c-io",
    "aws-c-mqtt",
    "aws-c-sdkutils",
    "aws-lc",
    "s2n-tls",
  ],
  "@photostructure/sqlite": ["sqlite"],
};
