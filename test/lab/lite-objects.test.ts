import { describe, expect, it } from "vitest";
import { isParsed, isSent, isWritten } from "../../src/lab/lite-objects.js";
import { jobMap } from "../config/job-map.js";

const mapOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));

describe("what nucleus lite was seen to do with", () => {
  it.each([
    [{ componentName: "c", value: jobMap(41) }, true],
    [{ componentName: "c", value: jobMap(42) }, false],
    [mapOf(127), true],
    [mapOf(128), false],
    [Array(255).fill("text"), true],
    [Array(256).fill("text"), false],
  ])("an answer", (value, sent) => {
    expect(isSent(value)).toBe(sent);
  });

  it.each([
    [{ jobs: jobMap(33) }, true],
    [{ jobs: jobMap(34) }, false],
  ])("a merge", (value, written) => {
    expect(isWritten(value, false)).toBe(written);
  });

  it.each([
    [mapOf(133), true],
    [mapOf(134), false],
    [{ list: Array(253).fill(1) }, true],
    [{ list: Array(254).fill(1) }, false],
  ])("a request", (value, parsed) => {
    expect(isParsed(value)).toBe(parsed);
  });
});
