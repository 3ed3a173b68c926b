import { describe, expect, it } from "vitest";
import { freshnessOf, pointInTimeOf } from "../../../src/fleet/state/freshness.js";

const NOON = "2026-11-23T12:00:00.000Z";

describe("momentOf", () => {
  it("is now when no time is asked for, with the times after which things are late and silent", () => {
    expect(pointInTimeOf(undefined, Date.parse(NOON), 24)).toEqual({
      at: NOON,
      isNow: true,
      lateAt: "2026-11-22T00:00:00.000Z",
      silentAt: "2026-11-20T12:00:00.000Z",
    });
  });

  it("reads any form of an instant as UTC", () => {
    expect(pointInTimeOf("2026-11-23T13:00:00+01:00", 0, 24)).toMatchObject({ at: NOON, isNow: false });
  });

  it.each(["+275760-09-13T00:00:00.000Z", "-000001-01-01T00:00:00Z"])(
    "stays within the years that compare as texts: %s",
    (at) => {
      expect(pointInTimeOf(at, 0, 1e9).at).toMatch(/^(9999|1970)-/);
    },
  );

  it.each(["", "soon", "2026-13-01"])("refuses %j", (at) => {
    expect(() => pointInTimeOf(at, 0, 24)).toThrow("it is not a time");
  });
});

describe("freshnessOf", () => {
  const moment = pointInTimeOf(undefined, Date.parse(NOON), 24);

  it.each([
    [null, "never"],
    ["2030-01-01T00:00:00.000Z", "fresh"],
    ["2026-11-22T00:00:00.001Z", "fresh"],
    ["2026-11-22T00:00:00.000Z", "late"],
    ["2026-11-20T12:00:00.001Z", "late"],
    ["2026-11-20T12:00:00.000Z", "silent"],
  ] as const)("calls a thing heard at %s %s", (heardAt, state) => {
    expect(freshnessOf(heardAt, moment)).toBe(state);
  });
});
