import type { Measured } from "../../../src/fleet/alarms/fleet-metrics.js";
import type { Cause } from "../../../src/fleet/state/views.js";

const NOW_MS = Date.parse("2026-11-29T12:00:00.000Z");

/** A fleet of 100 devices with one cause, two alarms and one webhook. */
export function someMeasured(more: Partial<Measured> = {}): Measured {
  return {
    summary: {
      ...{ at: "2026-11-29T12:00:00.000Z", things: 100 },
      drift: { IN_SYNC: 80, DRIFTED: 12, UNKNOWN: 5, NOT_CHECKED: 3 },
      runnable: { RUNNABLE: 70, RUNNABLE_UNTESTED: 13, WILL_NOT_RUN: 12, CANNOT_TELL: 5 },
      states: { fresh: 90, late: 4, silent: 5, never: 1 },
      wontRun: { things: 12, causes: 1, covered: 12 },
      delivery: {
        ...{ reports: 812_344, heartbeats: 400_000, duplicates: 12, conflicts: 1, named: 7, givenUp: 2, missing: 3 },
        refused: [
          { reason: "signature", count: 2, lastAt: "2026-11-29T11:00:00.000Z", topic: "t", why: "w", sample: "s" },
        ],
      },
    },
    causes: [someCause()],
    receiver: {
      connected: true,
      since: "2026-11-29T10:00:00.000Z",
      queued: 4,
      lagSeconds: 0.25,
      deferred: 0,
      stuck: false,
    },
    duties: ["alarms"],
    alarms: [
      { kind: "CAUSE", severity: "BLOCKING", status: "ACTIVE", count: 1 },
      { kind: "SILENCE", severity: "WARNING", status: "ACKNOWLEDGED", count: 1 },
    ],
    silences: 1,
    queues: [{ webhook: "ops", queued: 2, oldestAt: "2026-11-29T11:59:00.000Z" }],
    sent: new Map([["ops", { delivered: 5, failed: 3, refused: 1 }]]),
    evaluatedAtMs: NOW_MS - 5_000,
    nowMs: NOW_MS,
    version: "1.2.3",
    ...more,
  };
}

/** TensorRT of another major on twelve devices. */
export function someCause(more: Partial<Cause> = {}): Cause {
  return {
    ...{ cause: "c1", rule: "compiler.trt-ver", expected: "8.2.1", actual: "8.5.2", outcome: "DRIFT" },
    ...{ severity: "BLOCKING", because: "b", things: 12, since: "2026-11-29T02:10:00.000Z" },
    ...{ last: "2026-11-29T02:40:00.000Z", first: ["cam-1"], change: null, remedy: [], breaks: [] },
    ...more,
  };
}
