import { describe, expect, it } from "vitest";
import { backoffMs, isShortOutage, longestWaitMs } from "../../src/base/backoff.js";

const LIMITS = { firstMs: 1_000, lastMs: 300_000 };

describe("backoffMs", () => {
  it("doubles the longest wait with each failure, up to the limit", () => {
    const longest = [1, 2, 3, 9, 10, 1_000, Number.MAX_SAFE_INTEGER].map((failures) =>
      backoffMs(failures, LIMITS, () => 1),
    );

    expect(longest).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]);
  });

  it("spreads each wait over everything from none to the longest", () => {
    const waits = [0, 0.25, 0.5].map((share) => backoffMs(3, LIMITS, () => share));

    expect(waits).toEqual([0, 1_000, 2_000]);
  });

  it("waits after no failure as after the first", () => {
    expect(backoffMs(0, LIMITS, () => 1)).toBe(1_000);
  });
});

describe("isShortOutage and longestWaitMs", () => {
  it("allow waits of up to 15 s until an outage of five minutes would have been noticed, and the longest later", () => {
    expect([isShortOutage(314_999), isShortOutage(315_000)]).toEqual([true, false]);
    expect([longestWaitMs(314_999, 300_000), longestWaitMs(315_000, 300_000)]).toEqual([15_000, 300_000]);
  });
});
