import { describe, expect, it } from "vitest";
import { didYouMean, oneOfWords } from "../../src/base/did-you-mean.js";

const KEYS = ["schedule", "jitterSeconds", "timeoutSeconds", "url"];

describe("didYouMean", () => {
  it.each([
    ["Schedule", "schedule"],
    ["sched", "schedule"],
    ["tiemoutSeconds", "timeoutSeconds"],
    ["jiterSeconds", "jitterSeconds"],
    ["uri", "url"],
    ["shedule", "schedule"],
    ["jitter-seconds", "jitterSeconds"],
    ["scheduleCron", "schedule"],
  ])("suggests for %s the key %s", (key, meant) => {
    expect(didYouMean(key, KEYS)).toBe(` (did you mean "${meant}"?)`);
  });

  it.each(["colour", "", "x", "tiemoutSceonsd", "y".repeat(10_000)])(
    "suggests nothing for a key that is another",
    (key) => {
      expect(didYouMean(key, ["timeoutSeconds", "url"])).toBe("");
    },
  );

  it("suggests the nearest of several, and of equally near ones the first", () => {
    expect(didYouMean("--job-nmae", ["job", "job-name"])).toBe(' (did you mean "job-name"?)');
    expect(didYouMean("jsno", ["junit", "json"])).toBe(' (did you mean "json"?)');
    expect(didYouMean("tls", ["tls-cert", "tls-key"])).toBe(' (did you mean "tls-cert"?)');
  });

  it("writes the key as it is asked to", () => {
    expect(didYouMean("rot", ["root"], (key) => `--${key}`)).toBe(" (did you mean --root?)");
  });
});

describe("oneOfWords", () => {
  it("lists what is allowed, with what was probably meant of a text", () => {
    expect(oneOfWords(["text", "json"], "jsno")).toBe('one of text, json (did you mean "json"?)');
    expect(oneOfWords(["text", "json"], 3)).toBe("one of text, json");
  });
});
