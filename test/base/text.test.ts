import { describe, expect, it } from "vitest";
import { escapeControls, printable } from "../../src/base/text.js";

const UNSAFE = ["\0", "\t", "\n", "\u001b", "\u007f", "\u009b", "\u202e", "\u2066", "\u2028", "\ufeff", "\u{e0041}"];

describe("printable", () => {
  it("puts a question mark for each character that a terminal would act on", () => {
    expect(printable(`a${UNSAFE.join("b")}ü😀`)).toBe(`a${UNSAFE.map(() => "?").join("b")}ü😀`);
  });
});

describe("escapeControls", () => {
  it("writes each such character as JSON escapes it, and leaves the others", () => {
    expect(escapeControls("a\u001b[31m\u202eb\n\u{e0041}ü😀")).toBe("a\\u001b[31m\\u202eb\\u000a\\udb40\\udc41ü😀");
  });

  it("keeps JSON the same JSON", () => {
    const value = { "\u202ekey": UNSAFE.join("") };

    const text = escapeControls(JSON.stringify(value));

    expect(JSON.parse(text)).toEqual(value);
    expect(text).toMatch(/^[\x20-\x7e]*$/);
  });
});
