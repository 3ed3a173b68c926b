import { describe, expect, it } from "vitest";
import { faultsOf } from "./judge.js";
import { simulateWeek } from "./week.js";

/** Too short for the heap to settle: `npm run week` is stricter. */
const GROWTH_MB = 20;

describe("the built component through a week's ordeals, shortened", () => {
  it("makes every check, loses no report, explains every problem, and leaks no memory or files", async () => {
    const week = await simulateWeek({ checks: 90 });

    expect(faultsOf(week, GROWTH_MB)).toEqual([]);
    expect(week.reports.map(({ trigger }) => trigger)).toEqual(
      expect.arrayContaining(["START", "CONFIG_CHANGE", "COMMAND"]),
    );
    expect(new Set(week.samples.map(({ pid }) => pid)).size).toBe(2);
  });

  it("is reported when it leaks memory or files", async () => {
    const faults = faultsOf(await simulateWeek({ checks: 30, leak: true }), GROWTH_MB);

    expect(faults).toEqual([
      expect.stringMatching(/^rssMb has grown by/),
      expect.stringMatching(/^dirtyMb has grown by/),
      expect.stringMatching(/^file descriptors: \d+ at first, \d+ at last$/),
    ]);
  });
});
