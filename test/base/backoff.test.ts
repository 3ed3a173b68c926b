import { describe, expect, it } from "vitest";
import {
  afterFailure,
  backoffMs,
  failingMs,
  isShortOutage,
  NO_FAILURES,
  streakBackoffMs,
} from "../../src/base/backoff.js";

const LIMITS = { firstMs: 1_000, lastMs: 300_000 };

describe("backoffMs", () => {
  it("doubles the longest wait with each failure, up to the limit", () => {
    const longest = [1, 2, 3, 9, 10, 1_000, Number.MAX_SAFE_INTEGER].map((failures) =>
      backoffMs(failures, LIMITS, () => 1),
    );

    expect(longest).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]);
  });

  it("spreads each wait between zero and the longest", () => {
    const waits = [0, 0.25, 0.5].map((share) => backoffMs(3, LIMITS, () => share));

    expect(waits).toEqual([0, 1_000, 2_000]);
  });

  it("waits without a failure as after the first one", () => {
    expect(backoffMs(0, LIMITS, () => 1)).toBe(1_000);
  });
});

describe("afterFailure and failingMs", () => {
  it("count failures in a row, from the first on", () => {
    const twice = afterFailure(afterFailure(NO_FAILURES, 20), 30);

    expect(twice).toEqual({ failures: 2, failingSinceMs: 20 });
    expect([failingMs(twice, 50), failingMs(NO_FAILURES, 50)]).toEqual([30, 0]);
  });

  it("keep the beginning of an outage that was noticed before the first failure, and the other members of the streak", () => {
    expect(afterFailure({ failures: 0, failingSinceMs: 10, other: true }, 20)).toEqual({
      failures: 1,
      failingSinceMs: 10,
      other: true,
    });
  });
});

describe("isShortOutage and streakBackoffMs", () => {
  const waitMs = (failures: number, nowMs: number, firstMs: number) =>
    streakBackoffMs({ failures, failingSinceMs: 0 }, { firstMs, lastMs: 600_000 }, nowMs, () => 1);

  it("allow waits of up to 15 s until an outage of five minutes would have been noticed, and the longest later", () => {
    expect([isShortOutage(314_999), isShortOutage(315_000)]).toEqual([true, false]);
    expect([waitMs(1, 0, 1_000), waitMs(3, 0, 1_000)]).toEqual([1_000, 4_000]);
    expect([waitMs(20, 314_999, 1_000), waitMs(20, 315_000, 1_000)]).toEqual([15_000, 600_000]);
  });

  it("never wait less than the first wait", () => {
    expect([waitMs(1, 0, 20_000), waitMs(20, 314_999, 20_000), waitMs(3, 315_000, 20_000)]).toEqual([
      20_000, 20_000, 80_000,
    ]);
  });

  it("wait as after the first failure when an attempt has yet to fail", () => {
    expect(streakBackoffMs(NO_FAILURES, LIMITS, 400_000, () => 0.5)).toBe(500);
  });
});
