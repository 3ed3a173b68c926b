import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeOf, messageOf } from "../../src/base/errors.js";

describe("codeOf", () => {
  it("returns the code of a system error", () => {
    expect.assertions(1);
    try {
      readFileSync("/nowhere");
    } catch (error) {
      expect(codeOf(error)).toBe("ENOENT");
    }
  });

  it.each([new Error("x"), Object.assign(new Error("x"), { code: 5 }), "ENOENT", null, undefined, {}])(
    "gives none of %s",
    (thrown) => {
      expect(codeOf(thrown)).toBeUndefined();
    },
  );
});

describe("messageOf", () => {
  it("returns an error's message, and anything else as text", () => {
    expect([new Error("why"), "text", 7, null].map(messageOf)).toEqual(["why", "text", "7", "null"]);
  });
});
