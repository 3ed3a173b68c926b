import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { setVersion, statedVersions } from "../../scripts/versions.mjs";

const TOP = join(import.meta.dirname, "../..");
const { version: VERSION } = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"));
const changelog = readFileSync(join(TOP, "CHANGELOG.md"), "utf8");

/** A copy of what holds the number, with this changelog. */
function copied(changes = changelog): string {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-version-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of [
    "package.json",
    "package-lock.json",
    "gdk-config.json",
    "recipe",
    "README.md",
    "docs",
    "examples",
  ])
    cpSync(join(TOP, part), join(folder, part), { recursive: true, filter: (path) => !path.endsWith("/node_modules") });
  writeFileSync(join(folder, "CHANGELOG.md"), changes);
  return folder;
}

describe("the version", () => {
  it("is one number in package, lock file, recipe, GDK configuration, pages and examples", () => {
    const others = statedVersions(TOP).filter(({ version }) => version !== VERSION);
    const files = statedVersions(TOP).map(({ file }) => file);

    expect(others).toEqual([]);
    for (const file of ["package.json", "package-lock.json", "gdk-config.json", "recipe/recipe.yaml"])
      expect(files).toContain(file);
    expect(files.filter((file) => file === "package-lock.json")).toHaveLength(2);
  });

  it("heads the changelog, with the earlier ones below it", () => {
    const headings = [...changelog.matchAll(/^## (\S+)$/gm)].map(([, heading]) => heading);

    expect(headings.filter((heading) => heading !== "Unreleased")[0]).toBe(VERSION);
    expect(headings).toContain("0.1.0");
  });
});

describe("setVersion", () => {
  it("writes a version wherever the last one is", () => {
    const folder = copied("# Changes\n\n## Unreleased\n\n- Something.\n");
    const before = statedVersions(folder);

    setVersion(folder, "10.20.30-rc1");

    const after = statedVersions(folder);
    expect(after.map(({ file }) => file)).toEqual(before.map(({ file }) => file));
    expect(new Set(after.map(({ version }) => version))).toEqual(new Set(["10.20.30-rc1"]));
    expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toContain("\n## 10.20.30-rc1\n");
  });

  it("finds the version in a page's deployments and npm's names, and leaves other numbers alone", () => {
    const folder = copied();
    const page = (version: string) => `npm install packdrift@${version}, ./packdrift-${version}.tgz
--merge "io.packdrift.Monitor=${version}" recipes/io.packdrift.Monitor-${version}.json
"components": { "io.packdrift.Monitor": {
  "componentVersion": "${version}" }, "com.example.Model": { "componentVersion": "0.1.0" } }
TensorRT 0.1.0, \`dt/packdrift/v1\`
`;
    mkdirSync(join(folder, "docs/new"));
    writeFileSync(join(folder, "docs/new/page.md"), page("0.1.0"));
    mkdirSync(join(folder, "examples/aws/node_modules/theirs"), { recursive: true });
    const theirs = join(folder, "examples/aws/node_modules/theirs/README.md");
    writeFileSync(theirs, page("0.1.0"));

    setVersion(folder, VERSION);

    expect(readFileSync(join(folder, "docs/new/page.md"), "utf8")).toBe(page(VERSION));
    expect(readFileSync(theirs, "utf8")).toBe(page("0.1.0"));
  });

  it("refuses what is not a version, and one that the changelog does not describe", () => {
    const folder = copied("# Changes\n\n## 0.1.0\n");

    for (const bad of ["", "1.2", "v1.2.3", "1.2.3 ", "latest"])
      expect(() => setVersion(folder, bad)).toThrow(`expected a number such as 1.2.3, got "${bad}"`);
    expect(() => setVersion(folder, "9.9.9")).toThrow(
      'Cannot set version 9.9.9: CHANGELOG.md has no heading "## 9.9.9" or "## Unreleased"',
    );
    expect(new Set(statedVersions(folder).map(({ version }) => version))).toEqual(new Set([VERSION]));
  });
});
