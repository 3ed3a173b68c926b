import { backoffMs, isShortOutage, longestWaitMs } from "../base/backoff.js";

/** The recent failures and successes of the transport. */
export interface Pace {
  /** Failed attempts since it last accepted a message. */
  readonly failures: number;
  /** When the first of them was made; null while the transport accepts messages. */
  readonly failingSinceMs: number | null;
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

export function afterFailure(pace: Pace, nowMs: number): Pace {
  return { ...pace, failures: pace.failures + 1, failingSinceMs: pace.failingSinceMs ?? nowMs };
}

export function afterAcceptance(nowMs: number): Pace {
  return { failures: 0, failingSinceMs: null, acceptedAtMs: nowMs };
}

/** Whether the failures are probably a full buffer, which empties within a round trip to the broker. */
export function isBusy({ acceptedAtMs }: Pace, nowMs: number): boolean {
  return acceptedAtMs !== null && nowMs - acceptedAtMs < BUSY_MS;
}

/** How long the transport has failed; 0 while it accepts messages. */
export function failingMs({ failingSinceMs }: Pace, nowMs: number): number {
  return failingSinceMs === null ? 0 : nowMs - failingSinceMs;
}

/** Whether a failure of this length is an outage, after which reports are spread and may be sent out of order. */
export function isOutage(failedMs: number): boolean {
  return failedMs >= OUTAGE_MS;
}

/** The wait before the next attempt: short while the nucleus is busy, at most 15 s in a short outage, otherwise at most 5 min. */
export function retryInMs(pace: Pace, nowMs: number, random: () => number): number {
  const firstMs = isBusy(pace, nowMs) ? BUSY_RETRY_MS : RETRY_MS;
  const lastMs = longestWaitMs(failingMs(pace, nowMs), LONGEST_RETRY_MS);
  return backoffMs(pace.failures, { firstMs, lastMs }, random);
}

/** The wait after an outage, so that a fleet does not send all at once. */
export function spreadInMs(outageMs: number, random: () => number): number {
  return Math.round(random() * (isShortOutage(outageMs) ? SHORT_SPREAD_MS : LONG_SPREAD_MS));
}
