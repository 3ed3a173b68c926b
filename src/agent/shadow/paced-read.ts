import { backoffMs, isShortOutage } from "../../base/backoff.js";
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

const FIRST_RETRY_MS = 20_000;
const LONGEST_RETRY_MS = 600_000;

/** The wait after failures in a row: up to 20 s for five minutes, so that the end of a short outage is noticed soon. */
export function retryInMs(failures: number, failingMs: number, random: () => number): number {
  const lastMs = isShortOutage(failingMs) ? FIRST_RETRY_MS : LONGEST_RETRY_MS;
  return backoffMs(failures, { firstMs: FIRST_RETRY_MS, lastMs }, random);
}

/**
 * Reads when asked to, at most once in `gapMs`: calls that come meanwhile share the next read. A failed one is retried.
 * Nothing is read once it is stopped.
 */
export function pacedRead(parts: ReadParts): { readSoon(): void; stop(): void } {
  const { nowMs, random } = parts;
  const timers = timerSet(parts.later);
  let failures = 0;
  let failingSinceMs = 0;
  let cancelRetry = () => {};
  let stopped = false;

  async function read(): Promise<void> {
    if (stopped) return;
    cancelRetry();
    try {
      await parts.read();
      failures = 0;
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (stopped) return;
      if (failures === 0) {
        failingSinceMs = nowMs();
        parts.onFailure(error.message);
      }
      failures += 1;
      cancelRetry = timers.after(retryInMs(failures, nowMs() - failingSinceMs, random), readSoon);
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
