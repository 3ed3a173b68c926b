import { describe, expect, it } from "vitest";
import { workedOff } from "../../../bench/fleet-million/resend.js";

const FAST = Number.POSITIVE_INFINITY;
const TIME = 1_200;

describe("workedOff", () => {
  it("has no lag and no queue beyond a second's arrivals while receivers keep up", () => {
    const found = workedOff({ perSecond: [5, 5, 5], storedPerSecond: 10, acknowledgedPerSecond: FAST });

    expect(found).toEqual({ lag: { p50: 0, p99: 0, most: 0 }, longestQueue: 5, resent: 0, endsAfterSeconds: 2 });
  });

  it("queues reports in the order in which they came", () => {
    const found = workedOff({ perSecond: [100], storedPerSecond: 10, acknowledgedPerSecond: FAST });

    expect(found).toEqual({ lag: { p50: 4, p99: 9, most: 9 }, longestQueue: 100, resent: 0, endsAfterSeconds: 9 });
  });

  it("makes stored reports wait for their acknowledgement where that is slower", () => {
    const found = workedOff({ perSecond: [100], storedPerSecond: 50, acknowledgedPerSecond: 10 });

    expect(found.lag.most).toBe(9);
    expect(found.longestQueue).toBe(100);
  });

  it("has devices send again after 15 minutes what is not acknowledged, once for each wait that doubles", () => {
    const once = workedOff({ perSecond: [1_000], storedPerSecond: 1, acknowledgedPerSecond: FAST });
    const twice = workedOff({ perSecond: [4_000], storedPerSecond: 1, acknowledgedPerSecond: FAST });

    // After 900 s 100 are left; of 4,000 there are 3,100, and 1,300 after 2,700 s.
    expect([once.resent, twice.resent]).toEqual([100, 3_100 + 1_300]);
  });

  it("works off a flow that was sent again and again at last", () => {
    const perSecond = Array.from({ length: TIME }, () => 5);
    const found = workedOff({ perSecond, storedPerSecond: 2, acknowledgedPerSecond: 2 });

    expect(found.lag.most).toBeGreaterThanOrEqual((3 * TIME) / 2);
    expect(found.resent).toBeGreaterThan(0);
    expect(found.endsAfterSeconds).toBeGreaterThanOrEqual((5 * TIME) / 2 - 1);
  });
});
