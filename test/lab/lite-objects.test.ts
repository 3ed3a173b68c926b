import { describe, expect, it } from "vitest";
import { isParsed, isSent, isWritten } from "../../src/lab/lite-objects.js";

const mapOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
/** As many jobs as in a configuration, with five objects each in lists or maps. */
const jobs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`line-${at}`, { project: "p", job: `job-${at}` }]));

describe("what nucleus lite was seen to do with", () => {
  it.each([
    [{ componentName: "c", value: jobs(41) }, true],
    [{ componentName: "c", value: jobs(42) }, false],
    [mapOf(127), true],
    [mapOf(128), false],
    [Array(255).fill("text"), true],
    [Array(256).fill("text"), false],
  ])("an answer", (value, sent) => {
    expect(isSent(value)).toBe(sent);
  });

  it.each([
    [{ jobs: jobs(33) }, true],
    [{ jobs: jobs(34) }, false],
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
