import { backoffMs } from "../base/backoff.js";
import type { QueuedReport } from "./report-index.js";

const RETRY = { firstMs: 1_000, lastMs: 300_000 };

/** Reports that fail while others are accepted. The others are sent without waiting for them. */
export interface Deferral {
  has(report: QueuedReport): boolean;
  /** Defers a report, or all of its kind if its topic is forbidden (each kind has its own topic). Returns the wait, in ms. */
  add(report: QueuedReport, forbidden: boolean): number;
  /** Ends the deferral of a report that was accepted (so its topic is not forbidden) or that is gone. */
  remove(report: QueuedReport, accepted: boolean): void;
  /** The next deferred report to try; null until the wait is over. */
  due(unsent: readonly QueuedReport[]): QueuedReport | null;
  /** Milliseconds until the next one is due. */
  waitMs(): number;
  /** Ends the wait. */
  makeDue(): void;
  /** Forgets reports that no longer wait. */
  keepOnly(unsent: readonly QueuedReport[]): void;
}

/** Creates an empty deferral. `random` returns from 0 to less than 1. */
export function noneDeferred(nowMs: () => number, random: () => number): Deferral {
  const ids = new Set<string>();
  const kinds = new Set<QueuedReport["kind"]>();
  let failures = 0;
  let untilMs = 0;

  const has = ({ id, kind }: QueuedReport) => ids.has(id) || kinds.has(kind);
  return {
    has,
    add(report, forbidden) {
      if (forbidden) kinds.add(report.kind);
      else ids.add(report.id);
      failures += 1;
      const waitMs = backoffMs(failures, RETRY, random);
      untilMs = nowMs() + waitMs;
      return waitMs;
    },
    remove(report, accepted) {
      if (accepted && has(report)) failures = 0;
      if (accepted) kinds.delete(report.kind);
      ids.delete(report.id);
    },
    due(unsent) {
      const deferred = nowMs() < untilMs ? [] : unsent.filter(has);
      // A report that is never accepted must not hold up the other deferred ones.
      return deferred[failures % deferred.length] ?? null;
    },
    waitMs: () => Math.max(0, untilMs - nowMs()),
    makeDue() {
      untilMs = 0;
    },
    keepOnly(unsent) {
      if (ids.size === 0) return;
      const waiting = new Set(unsent.map(({ id }) => id));
      for (const id of ids) if (!waiting.has(id)) ids.delete(id);
    },
  };
}
