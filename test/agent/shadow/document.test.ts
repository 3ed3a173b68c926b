import { describe, expect, it } from "vitest";
import { desiredIn, memberIn, numberIn } from "../../../src/agent/shadow/document.js";

describe("numberIn, memberIn", () => {
  it("give members of their own kind", () => {
    const document = { version: 7, state: { desired: {} }, other: [1] };

    expect(numberIn(document, "version")).toBe(7);
    expect([numberIn(document, "state"), memberIn(document, "version"), memberIn(document, "other")]).toEqual([
      null,
      null,
      null,
    ]);
    expect(memberIn(memberIn(document, "state"), "desired")).toEqual({});
  });
});

describe("desiredIn", () => {
  it("keeps simple values, gives objects as short texts and leaves out what is null", () => {
    const section = { text: "debug", count: 7, flag: false, gone: null, nested: { no: 1 }, long: ["x".repeat(300)] };

    expect(desiredIn(section)).toEqual({
      text: "debug",
      count: 7,
      flag: false,
      nested: '{"no":1}',
      long: `["${"x".repeat(198)}`,
    });
    expect(desiredIn(null)).toEqual({});
  });
});
