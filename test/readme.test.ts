import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withTables } from "../scripts/readme.js";
import { parseSettings } from "../src/config/parse-settings.js";
import { settingRows } from "../src/config/table.js";
import { RULE_IDS } from "../src/drift/finding.js";

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const EMPTY =
  "# x\n<!-- rules:begin -->\nold\n<!-- rules:end -->\nkept\n<!-- settings:begin -->\n<!-- settings:end -->\nend\n";

describe("the README", () => {
  it("has the tables of rules and settings as the code has them now (else: npm run readme)", () => {
    expect(README).toBe(withTables(README));
  });
});

describe("the README's deployment", () => {
  const document = JSON.parse(README.match(/`deployment\.json`:\n\n```json\n(.*?)```/s)?.[1] ?? "{}");
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));

  it("names this component in this version, with a configuration that it takes", () => {
    const { componentVersion, configurationUpdate } = document.components["io.packdrift.Monitor"];

    expect(componentVersion).toBe(version);
    expect(parseSettings(JSON.parse(configurationUpdate.merge)).jobs).toEqual([
      { project: "gear-teeth", job: "gear-teeth-sm72", component: null, compilationJob: null },
    ]);
    expect(README).toContain(`--merge "io.packdrift.Monitor=${version}"`);
    expect(README).toContain(`--add-component io.packdrift.Monitor=${version}`);
  });

  it("names files that are there", () => {
    const named = README.match(/\b(?:recipe|artifacts|docs)\/[\w/-]+\.(?:json|yaml|service|conf|svg)\b/g) ?? [];

    expect(named.length).toBeGreaterThan(8);
    expect([...new Set(named)].filter((file) => !existsSync(join(import.meta.dirname, "..", file)))).toEqual([]);
  });
});

describe("the documents", () => {
  const top = join(import.meta.dirname, "..");
  const texts = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/model-files.md"].map(
    (file) => ({
      file,
      text: readFileSync(join(top, file), "utf8"),
    }),
  );
  const manifest = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));

  it.each(texts)("name commands that package.json has: $file", ({ text }) => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);

    expect(named.filter((name) => !Object.hasOwn(manifest.scripts, name ?? ""))).toEqual([]);
  });

  it.each(texts)("link to files that are there: $file", ({ file, text }) => {
    const links = [...text.matchAll(/\]\(([\w./-]+)\)/g)].map(([, link]) => join(top, file, "..", link ?? ""));

    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });

  it("say of dependencies that stay where they are what package.json has", () => {
    const rows = [...(texts[1]?.text ?? "").matchAll(/^\| `?([\w@/-]+)`? \| (\d[\d.]*) \| [^|]+ \|$/gm)];
    const versions = { ...manifest.dependencies, ...manifest.devDependencies };

    expect(rows.length).toBeGreaterThan(3);
    for (const [, name = "", version] of rows)
      expect(`${name} ${versions[name.toLowerCase()]}.`.startsWith(`${name} ${version}.`)).toBe(true);
  });
});

describe("withTables", () => {
  it("writes a row for every rule and every setting, and leaves what is around them", () => {
    const text = withTables(EMPTY);
    const names = [...text.matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, name]) => name);

    expect(names).toEqual([...RULE_IDS, ...settingRows().map(({ key }) => key)]);
    expect(text.replace(/^\|.*\n/gm, "")).toBe(EMPTY.replace("old\n", ""));
    expect(withTables(text)).toBe(text);
  });

  it("gives every row as many cells as its head", () => {
    const cells = withTables(EMPTY)
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.replaceAll("\\|", "").split("|").length);

    expect(new Set(cells)).toEqual(new Set([6, 7]));
  });

  it("says which marker is missing", () => {
    expect(() => withTables("# x\n<!-- rules:begin -->\n")).toThrow(
      "Cannot write the table of rules: README.md lacks <!-- rules:begin --> … <!-- rules:end -->",
    );
  });
});
