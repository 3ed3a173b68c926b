import { describe, expect, it } from "vitest";
import { covers, filterMatches } from "../../src/base/topic-filter.js";

describe("topic filters", () => {
  it.each([
    ["a/b", "a/b", true],
    ["a/b", "a/c", false],
    ["a/+", "a/b", true],
    ["a/+", "a", false],
    ["a/+", "a/b/c", false],
    ["+/b", "a/b", true],
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["#", "a/b", true],
    ["#", "$aws/x", false],
    ["+/x", "$aws/x", false],
    ["$aws/#", "$aws/x", true],
    ["a/b/#", "a", false],
    ["+", "", true],
  ])("match %s against %s: %s", (filter, topic, expected) => {
    expect(filterMatches(filter, topic)).toBe(expected);
  });

  it.each([
    ["a/#", "a/+/b", true],
    ["a/+", "a/#", false],
    ["a/+", "a/b", true],
    ["a/b", "a/+", false],
    ["#", "+", true],
    ["+", "#", false],
  ])("know whether %s covers %s: %s", (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected);
  });
});
