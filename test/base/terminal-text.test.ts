import { describe, expect, it } from "vitest";
import { painter, terminalText } from "../../src/base/terminal-text.js";

describe("terminalText", () => {
  it("keeps lines and what can be printed, and escapes all that a terminal acts on", () => {
    expect(terminalText("ü😀 one\ntwo\r\u001b[2J\u009b\u202e\t\n", false)).toBe(
      "ü😀 one\ntwo\\u000d\\u001b[2J\\u009b\\u202e\\u0009\n",
    );
  });

  it("keeps our own colours where colours are wanted, and no other escape", () => {
    const text = `${painter(true)("red", "DRIFTED")} \u001b[35m\u001b[2K\u001b]0;title\u0007\n`;

    expect(terminalText(text, true)).toBe("\u001b[31mDRIFTED\u001b[0m \\u001b[35m\\u001b[2K\\u001b]0;title\\u0007\n");
    expect(terminalText(text, false)).toContain("\\u001b[31mDRIFTED\\u001b[0m");
  });

  it("handles a long text in linear time", () => {
    const text = "\u001b[3".repeat(500_000);

    expect(terminalText(text, true)).toHaveLength(500_000 * 8);
  });
});
