// What is inside the bundles: packages with their versions, licences and places of origin, as esbuild and the lock file tell.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TOP } from "./paths.mjs";

/** Licences that ask for no more than their text beside the program. Another one needs a decision before it travels. */
const ACCEPTED = ["Apache-2.0", "MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause"];
const APACHE = "Apache-2.0";

/** The names of the packages of which these builds have put code into their outputs, sorted. */
export function packagesIn(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  );
  const names = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** What a package's folder and the lock file tell of it. Throws where it cannot be distributed as things are. */
export function describePackage(name, lock, folder = join(TOP, "node_modules", name)) {
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const locked = lock.packages[`node_modules/${name}`];
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
  const text = read(/^licen[cs]e/i);
  // Apache's text is the same for all; the others name their authors in it.
  if (text === null && license !== APACHE) throw new Error(`Cannot distribute ${name}: it has no licence text`);
  return {
    name,
    version,
    license,
    text,
    notice: read(/^notice/i),
    integrity: locked.integrity ?? null,
    dependencies: Object.keys(locked.dependencies ?? {}),
  };
}

/** Descriptions of the packages of these names, by the repository's lock file. */
export function describePackages(names) {
  const lock = JSON.parse(readFileSync(join(TOP, "package-lock.json"), "utf8"));
  return names.map((name) => describePackage(name, lock));
}

/** The C libraries that AWS links into aws-crt's native part; its package tells no versions. */
export const NATIVE_LIBRARIES = [
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
];
