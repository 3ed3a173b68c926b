import { describe, expect, it } from "vitest";
import { GENERATED, withGenerated } from "../../scripts/reference/pages.js";
import { settingRows } from "../../src/config/table.js";
import { RULE_IDS } from "../../src/drift/finding.js";
import { anchorsOf, pageOf } from "./pages.js";

describe("the reference", () => {
  it.each(Object.keys(GENERATED))("%s has what the code renders now (else: npm run docs)", (file) => {
    const { text } = pageOf(file);

    expect(withGenerated(file, text)).toBe(text);
  });

  it("has a section for each setting and each rule", () => {
    const settings = anchorsOf(pageOf("docs/reference/settings.md"));
    const rules = anchorsOf(pageOf("docs/reference/rules.md"));

    expect(settingRows().filter(({ key }) => !settings.has(key.toLowerCase()))).toEqual([]);
    expect(RULE_IDS.filter((id) => !rules.has(id.replace(/\./g, "")))).toEqual([]);
  });
});

describe("withGenerated", () => {
  const page = "docs/reference/settings.md";
  const EMPTY =
    "# x\n<!-- overview:begin -->\nlong gone\n<!-- overview:end -->\nkept\n<!-- settings:begin --><!-- settings:end -->\n";

  it("replaces what is between the markers, and nothing else", () => {
    const text = withGenerated(page, EMPTY);

    expect(text).not.toContain("long gone");
    expect(text.startsWith("# x\n<!-- overview:begin -->\n\n| setting |")).toBe(true);
    expect(text).toContain("\n<!-- overview:end -->\nkept\n<!-- settings:begin -->\n\n### `jobs`");
    expect(withGenerated(page, text)).toBe(text);
  });

  it("says which marker is missing", () => {
    expect(() => withGenerated(page, "# x\n<!-- overview:begin -->\n")).toThrow(
      'Cannot write "overview" of docs/reference/settings.md: it lacks <!-- overview:begin --> … <!-- overview:end -->',
    );
  });
});
