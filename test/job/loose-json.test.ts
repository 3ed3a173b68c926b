import { describe, expect, it } from "vitest";
import { type Loose, LooseSyntaxError, parseLoose } from "../../src/job/loose-json.js";

const text = (value: string): Loose => ({ kind: "text", value });

describe("parseLoose", () => {
  it.each<[string, string, Loose]>([
    ["a double-quoted text", '"a"', text("a")],
    ["a single-quoted text", "'it is \"a\"'", text('it is "a"')],
    ["a typographically quoted text", "“a”", text("a")],
    ["Python's unicode text", "u'a'", text("a")],
    ["an unquoted text", "core-avx2", text("core-avx2")],
    ["a text that begins with the letter u", "up", text("up")],
    ["escapes, and an escaped character that needs no escape", '"\\n\\x41\\u0042\\/\\u00"', text("\nAB/u00")],
    ["an escape before digits", '"\\n12\\t4f"', text("\n12\t4f")],
    ["what only looks like a code", '"\\xg1\\x1g\\u12g4\\ug234"', text("xg1x1gu12g4ug234")],
    ["a number in its own spelling", "10.0", { kind: "number", value: "10.0" }],
    ["a version, which is not a number", "8.2.1", text("8.2.1")],
    ["JSON's words", "null", { kind: "word", value: null }],
    ["Python's words", "False", { kind: "word", value: false }],
    ["an empty list", "[ ]", { kind: "array", items: [] }],
    ["a list with a trailing comma", "[a, b,]", { kind: "array", items: [text("a"), text("b")] }],
    ["an empty object", "{}", { kind: "object", entries: [] }],
    [
      "an object whose key is given twice",
      "{a: 1, 'a': {b: c}}",
      {
        kind: "object",
        entries: [
          ["a", { kind: "number", value: "1" }],
          ["a", { kind: "object", entries: [["b", text("c")]] }],
        ],
      },
    ],
    ["a word that every object inherits", "constructor", text("constructor")],
  ])("reads %s", (_, written, value) => {
    expect(parseLoose(written)).toEqual(value);
  });

  it.each([
    ["", "needs a value at character 1, ends"],
    ["[,]", 'needs a value at character 2, has ","'],
    ["[a b]", 'needs "," or "]" at character 4, has "b"'],
    ["{a}", 'needs ":" at character 3, has "}"'],
    ["{a: 1", 'needs "," or "}" at character 6, ends'],
    ["'a", "the text that begins at character 1 has no end"],
    ["'a\\", "the text that begins at character 1 has no end"],
    ["a b", 'needs the end at character 3, has "b"'],
    ["[".repeat(40), "nested deeper than 32 levels at character 34"],
  ])("refuses %j and names the character", (written, message) => {
    expect(() => parseLoose(written)).toThrow(new LooseSyntaxError(message));
  });
});
