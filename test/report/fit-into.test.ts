import { describe, expect, it } from "vitest";
import { fitInto } from "../../src/report/fit-into.js";

describe("fitInto", () => {
  it("leaves alone what fits", () => {
    const answer = { checks: [1, 2], why: null };

    expect(fitInto(answer, 100)).toBe(answer);
  });

  it("halves the longest list until it fits, and says how much is missing", () => {
    const checks = Array.from({ length: 40 }, (_, at) => `check ${at}`);

    expect(fitInto({ checks, n: 40 }, 200)).toEqual({
      checks: checks.slice(0, 10),
      n: 40,
      leftOut: "30 of 40 checks: the message would be too long",
    });
  });

  it("leaves out the longest member that is not a list, then the next", () => {
    const facts = { readings: { a: "x".repeat(300) }, cpu: { flags: "é".repeat(150) }, arch: "ARM64" };

    expect(fitInto(facts, 200)).toEqual({
      readings: null,
      cpu: null,
      arch: "ARM64",
      leftOut: "readings, cpu: the message would be too long",
    });
  });

  it("ends where nothing is left to leave out", () => {
    expect(fitInto({ a: "long" }, 1)).toMatchObject({ a: null });
  });
});
