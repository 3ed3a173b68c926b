import { describe, expect, it } from "vitest";
import { nextChecks, share } from "../../src/examiner/timetable.js";
import { nextRuns } from "../../src/platform/cron.js";

const at = (...times: string[]) => times.map((time) => new Date(`2026-11-23T${time}Z`));

describe("nextChecks", () => {
  it("delays each scheduled time by the thing's own part of the jitter", () => {
    const delayMs = Math.floor(share("line-4") * 600_000);
    const runs = at("18:00:00", "19:00:00");

    expect(nextChecks("line-4", 600, runs)).toEqual(runs.map((run) => new Date(run.getTime() + delayMs).toISOString()));
  });

  it("cuts the jitter to the time between two checks, so that none is skipped", () => {
    const [first = "", second = ""] = nextChecks("line-4", 86_400, at("18:00:00", "18:01:00"));

    expect(Date.parse(first)).toBeLessThan(Date.parse("2026-11-23T18:01:00Z"));
    expect(Date.parse(second) - Date.parse(first)).toBe(60_000);
  });

  it("has no times where the schedule has none", () => {
    expect(nextChecks("line-4", 600, [])).toEqual([]);
  });

  it("goes by node-cron's times, in UTC", () => {
    const [first, second] = nextRuns("0 */6 * * *", 2);

    expect([first?.getUTCMinutes(), (first?.getUTCHours() ?? 1) % 6]).toEqual([0, 0]);
    expect((second?.getTime() ?? 0) - (first?.getTime() ?? 0)).toBe(6 * 3_600_000);
    expect(first?.getTime()).toBeGreaterThan(Date.now());
  });
});

describe("share", () => {
  it("spreads a fleet evenly", () => {
    const buckets = new Array<number>(20).fill(0);
    for (let n = 0; n < 20_000; n++) {
      const bucket = Math.floor(share(`plant-7-line-${n}`) * 20);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // 1,000 each, give or take five standard deviations (31).
    expect(Math.min(...buckets)).toBeGreaterThan(845);
    expect(Math.max(...buckets)).toBeLessThan(1_155);
  });

  it("stays the same for one thing", () => {
    expect(share("line-4")).toBe(share("line-4"));
    expect(share("line-4")).not.toBe(share("line-5"));
  });
});
