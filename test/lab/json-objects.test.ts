import { describe, expect, it } from "vitest";
import { topLevelNumber } from "../../src/lab/json-objects.js";

describe("topLevelNumber", () => {
  it.each([
    ['{"timestamp":5}', "5"],
    ['{"timestamp" : 5.0e1 , "x":1}', "5.0e1"],
    ['{"v":{"timestamp":1.5},"timestamp":-2}', "-2"],
    ['{"v":"\\"timestamp\\":7","timestamp":3}', "3"],
    ['{"v":["timestamp",9]}', null],
    ['{"timestamp":"5"}', null],
  ])("finds in %s: %s", (text, expected) => {
    expect(topLevelNumber(text, "timestamp")).toBe(expected);
  });
});
