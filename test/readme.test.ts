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
      { project: "gear-teeth", job: "gear-teeth-sm72", component: null },
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
