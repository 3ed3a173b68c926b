import { describe, expect, it } from "vitest";
import { didYouMean } from "../../src/base/did-you-mean.js";

const KEYS = ["schedule", "jitterSeconds", "timeoutSeconds", "url"];

describe("didYouMean", () => {
  it.each([
    ["Schedule", "schedule"],
    ["sched", "schedule"],
    ["tiemoutSeconds", "timeoutSeconds"],
    ["jiterSeconds", "jitterSeconds"],
    ["uri", "url"],
  ])("suggests for %s the key %s", (key, meant) => {
    expect(didYouMean(key, KEYS)).toBe(` (did you mean "${meant}"?)`);
  });

  it.each(["colour", "", "x", "tiemoutSceonsd", "y".repeat(10_000)])(
    "suggests nothing for a key that is another",
    (key) => {
      expect(didYouMean(key, ["timeoutSeconds", "url"])).toBe("");
    },
  );
});
