// Where this version's number is written by hand: `npm run set-version` writes it, tests check it.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NUMBER = String.raw`\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+)?`;

/** Files that hold the number, each with the text before it. */
const FILES = [
  ["package.json", /^ {2}"version": "/],
  ["package-lock.json", /^ {2}"version": "/],
  ["package-lock.json", /"": \{\s+"name": "packdrift",\s+"version": "/],
  ["gdk-config.json", /"version": "/],
  ["recipe/recipe.yaml", /^ComponentVersion: "/],
];
/** Pages and examples write it in deployments on a device, in deployments from the cloud, and in npm's names. */
const PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "examples"];
const IN_PAGES = [
  /io\.packdrift\.Monitor[=-]/,
  /"io\.packdrift\.Monitor": \{\s+"componentVersion": "/,
  /\bpackdrift[@-]/,
];

/** The places below this folder: the file, the version written there, and its offset. */
export function statedVersions(top) {
  const pages = PAGES.flatMap((name) => filesUnder(top, name));
  const wanted = [...FILES, ...pages.flatMap((file) => IN_PAGES.map((before) => [file, before]))];
  return wanted.flatMap(([file, before]) => {
    const text = readFileSync(join(top, file), "utf8");
    const matches = text.matchAll(new RegExp(`(?<=${before.source})${NUMBER}`, "gm"));
    return [...matches].map(({ 0: version, index: at }) => ({ file, version, at }));
  });
}

/** Writes a version into all of them, and into the changelog's heading "Unreleased". */
export function setVersion(top, version) {
  if (!new RegExp(`^${NUMBER}$`).test(version))
    throw new Error(`Cannot set the version: expected a number such as 1.2.3, got "${version}"`);
  const changelog = join(top, "CHANGELOG.md");
  const changes = readFileSync(changelog, "utf8").replace(/^## Unreleased$/m, `## ${version}`);
  if (!changes.split("\n").includes(`## ${version}`))
    throw new Error(`Cannot set version ${version}: CHANGELOG.md has no heading "## ${version}" or "## Unreleased"`);
  for (const { file, version: old, at } of statedVersions(top).sort((one, other) => other.at - one.at)) {
    const text = readFileSync(join(top, file), "utf8");
    writeFileSync(join(top, file), text.slice(0, at) + version + text.slice(at + old.length));
  }
  writeFileSync(changelog, changes);
}

function filesUnder(top, name) {
  if (!existsSync(join(top, name))) return [];
  if (!statSync(join(top, name)).isDirectory()) return [name];
  return readdirSync(join(top, name), { withFileTypes: true }).flatMap((entry) => {
    const path = `${name}/${entry.name}`;
    // examples/aws is a package of its own, and what it installs is not ours.
    if (entry.name === "node_modules") return [];
    if (entry.isDirectory()) return filesUnder(top, path);
    return /\.(md|json|ya?ml|sh|ts|1)$/.test(entry.name) ? [path] : [];
  });
}
