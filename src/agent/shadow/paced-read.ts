import { afterFailure, NO_FAILURES, streakBackoffMs } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { ExpectedError } from "../../base/errors.js";
import { paced } from "../requests/paced.js";
import { timerSet } from "../timers.js";

interface ReadParts {
  /** Throws ExpectedError. */
  readonly read: () => Promise<void>;
  readonly gapMs: number;
  readonly later: Later;
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Called when a read fails, once until one succeeds. */
  readonly onFailure: (message: string) => void;
}

export const SHADOW_BACKOFF = { firstMs: 20_000, lastMs: 600_000 };

/**
 * Reads on request, at most once per `gapMs`: calls made meanwhile share the next read. A failed read is retried.
 * Nothing is read after `stop`.
 */
export function pacedRead(parts: ReadParts): { readSoon(): void; stop(): void } {
  const { nowMs, random } = parts;
  const timers = timerSet(parts.later);
  let streak = NO_FAILURES;
  let cancelRetry = () => {};
  let stopped = false;

  async function read(): Promise<void> {
    if (stopped) return;
    cancelRetry();
    try {
      await parts.read();
      streak = NO_FAILURES;
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (stopped) return;
      if (streak.failures === 0) parts.onFailure(error.message);
      streak = afterFailure(streak, nowMs());
      cancelRetry = timers.after(streakBackoffMs(streak, SHADOW_BACKOFF, nowMs(), random), readSoon);
    }
  }

  const inTurn = paced(read, parts.gapMs, timers.after);
  function readSoon(): void {
    if (!stopped) void inTurn();
  }

  return {
    readSoon,
    stop() {
      stopped = true;
      timers.cancelAll();
    },
  };
}
