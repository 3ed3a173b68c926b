import { describe, expect, it } from "vitest";
import { afterFailure, SHORT_OUTAGE_RETRY_MS } from "../../src/base/backoff.js";
import {
  afterAcceptance,
  initialPace,
  isBusy,
  isOutage,
  type Pace,
  retryInMs,
  spreadInMs,
} from "../../src/outbox/pace.js";
import { USUAL_TIMES } from "../../src/transports/mqtt/client-config.js";

const half = () => 0.5;
const failing = (failures: number, sinceMs: number): Pace => ({
  failures,
  failingSinceMs: sinceMs,
  acceptedAtMs: null,
});

describe("initialPace", () => {
  it("counts reports that have waited for a minute as an outage, and others not", () => {
    expect(initialPace(59_999, 100_000).failingSinceMs).toBeNull();
    expect(initialPace(60_000, 100_000).failingSinceMs).toBe(40_000);
  });
});

describe("afterAcceptance", () => {
  it("ends the failures, which the next one counts from the start", () => {
    const failed = afterFailure(failing(7, 0), 5);

    expect(afterAcceptance(10)).toEqual({ failures: 0, failingSinceMs: null, acceptedAtMs: 10 });
    expect(failed).toEqual({ failures: 8, failingSinceMs: 0, acceptedAtMs: null });
    expect(afterFailure(afterAcceptance(10), 20)).toEqual({ failures: 1, failingSinceMs: 20, acceptedAtMs: 10 });
  });
});

describe("retryInMs", () => {
  it("starts with 1 s and doubles, up to 15 s in the first five minutes and 5 min later", () => {
    const waits = [1, 2, 3, 4, 5, 20].map((failures) => retryInMs(failing(failures, 0), 0, half));

    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 7_500, 7_500]);
    expect(retryInMs(failing(20, 0), 314_999, half)).toBe(7_500);
    expect(retryInMs(failing(20, 0), 315_000, half)).toBe(150_000);
  });

  it("starts with 0.2 s right after an accepted message", () => {
    const pace = afterFailure(afterAcceptance(1_000), 1_000);

    expect([isBusy(pace, 5_999), retryInMs(pace, 5_999, half)]).toEqual([true, 100]);
    expect([isBusy(pace, 6_000), retryInMs(pace, 6_000, half)]).toEqual([false, 500]);
  });
});

describe("isOutage and spreadInMs", () => {
  it("count a failure of a minute as an outage, and spread up to 15 s after a short and 300 s after a long one", () => {
    expect([isOutage(59_999), isOutage(60_000)]).toEqual([false, true]);
    expect([spreadInMs(314_999, half), spreadInMs(315_000, half)]).toEqual([7_500, 150_000]);
  });
});

describe("the longest wait after a short outage", () => {
  const spreadMs = spreadInMs(300_000, () => 1);

  it("is half a minute through the nucleus", () => {
    expect(SHORT_OUTAGE_RETRY_MS + spreadMs).toBeLessThanOrEqual(30_000);
  });

  it("leaves 5 s of half a minute for the handshake over MQTT", () => {
    expect(USUAL_TIMES.lastReconnectMs + 5_000 + spreadMs).toBeLessThanOrEqual(30_000);
  });
});
