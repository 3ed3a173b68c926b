import { describe, expect, it } from "vitest";
import { list, table, wrapped } from "../../scripts/reference/markdown.js";

describe("wrapped", () => {
  it("breaks lines at 120 characters and keeps code and links whole", () => {
    const text = wrapped(`${"word ".repeat(22)}\`a b c d e f g h\` [some words](to/a/page.md) end`);

    expect(text.split("\n").map((line) => line.length <= 120)).toEqual([true, true]);
    expect(text.split("\n")[1]).toBe("`a b c d e f g h` [some words](to/a/page.md) end");
  });

  it("keeps a word longer than a line", () => {
    expect(wrapped("x".repeat(130))).toBe("x".repeat(130));
  });
});

describe("list", () => {
  it("indents what continues a point", () => {
    expect(list([`${"word ".repeat(30)}end`, "b"])).toMatch(/^- word (.+)\n {2}word .+end\n- b$/);
  });
});

describe("table", () => {
  it("escapes what would end a cell", () => {
    expect(table(["a", "b"], [["x|y", "z"]])).toBe("| a | b |\n|---|---|\n| x\\|y | z |");
  });
});
