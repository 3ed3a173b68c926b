import { type FailureStreak, isShortOutage, NO_FAILURES, streakBackoffMs } from "../base/backoff.js";

/** The recent failures and successes of the transport. */
export interface Pace extends FailureStreak {
  /** When it last accepted a message; null before the first. */
  readonly acceptedAtMs: number | null;
}

/** A shorter failure does not count as an outage: the back-off alone has spread the fleet. */
const OUTAGE_MS = 60_000;
const RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;
const SHORT_SPREAD_MS = 15_000;
const LONG_SPREAD_MS = 300_000;
/** A failure this soon after an accepted message is more likely a full buffer of the nucleus than an outage. */
const BUSY_MS = 5_000;
const BUSY_RETRY_MS = 200;

/** The pace before the first attempt. If reports have waited for a minute, for example over a power cut, that was an outage. */
export function initialPace(waitedMs: number, nowMs: number): Pace {
  return { failures: 0, failingSinceMs: waitedMs < OUTAGE_MS ? null : nowMs - waitedMs, acceptedAtMs: null };
}

export function afterAcceptance(nowMs: number): Pace {
  return { ...NO_FAILURES, acceptedAtMs: nowMs };
}

/** Whether the failures are probably a full buffer, which empties within a round trip to the broker. */
export function isBusy({ acceptedAtMs }: Pace, nowMs: number): boolean {
  return acceptedAtMs !== null && nowMs - acceptedAtMs < BUSY_MS;
}

/** Whether a failure of this length is an outage, after which reports are spread and may be sent out of order. */
export function isOutage(failedMs: number): boolean {
  return failedMs >= OUTAGE_MS;
}

/** The wait before the next attempt: short while the nucleus is busy, at most 15 s in a short outage, otherwise at most 5 min. */
export function retryInMs(pace: Pace, nowMs: number, random: () => number): number {
  const firstMs = isBusy(pace, nowMs) ? BUSY_RETRY_MS : RETRY_MS;
  return streakBackoffMs(pace, { firstMs, lastMs: LONGEST_RETRY_MS }, nowMs, random);
}

/** The wait after an outage, so that a fleet does not send all at once. */
export function spreadInMs(outageMs: number, random: () => number): number {
  return Math.round(random() * (isShortOutage(outageMs) ? SHORT_SPREAD_MS : LONG_SPREAD_MS));
}
