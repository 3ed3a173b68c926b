/** How long to wait between attempts, in ms. */
export interface BackoffLimits {
  /** The longest wait after the first failure; it doubles with each further one. */
  readonly firstMs: number;
  /** The longest wait after any number of failures. */
  readonly lastMs: number;
}

/**
 * The wait before the next attempt after this many failures in a row (1 or more), in ms: exponential with full jitter, so
 * that devices that failed together do not come back together. `random` returns from 0 to less than 1.
 */
export function backoffMs(failures: number, { firstMs, lastMs }: BackoffLimits, random: () => number): number {
  // 2 ** 30 s is beyond any limit, and far from Infinity.
  const longest = Math.min(lastMs, firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.round(random() * longest);
}

/** The longest wait while an outage may still be a short one, so that its end is noticed soon. */
export const SHORT_OUTAGE_RETRY_MS = 15_000;
/** Five minutes; the end of an outage may be noticed one wait later. */
const SHORT_OUTAGE_MS = 5 * 60_000 + SHORT_OUTAGE_RETRY_MS;

export function isShortOutage(failingMs: number): boolean {
  return failingMs < SHORT_OUTAGE_MS;
}

/** Attempts that failed in a row. */
export interface FailureStreak {
  readonly failures: number;
  /** When the outage began, in ms of the caller's clock; it may be known before the first attempt fails. Null without an outage. */
  readonly failingSinceMs: number | null;
}

export const NO_FAILURES: FailureStreak = { failures: 0, failingSinceMs: null };

export function afterFailure<T extends FailureStreak>(streak: T, nowMs: number): T {
  return { ...streak, failures: streak.failures + 1, failingSinceMs: streak.failingSinceMs ?? nowMs };
}

/** How long attempts have failed; 0 while they succeed. */
export function failingMs({ failingSinceMs }: FailureStreak, nowMs: number): number {
  return failingSinceMs === null ? 0 : nowMs - failingSinceMs;
}

/** The back-off of a streak; in a short outage the longest wait is 15 s, or `firstMs` if that is longer. */
export function streakBackoffMs(
  streak: FailureStreak,
  { firstMs, lastMs }: BackoffLimits,
  nowMs: number,
  random: () => number,
): number {
  const isShort = isShortOutage(failingMs(streak, nowMs));
  const limits = { firstMs, lastMs: isShort ? Math.max(firstMs, SHORT_OUTAGE_RETRY_MS) : lastMs };
  return backoffMs(streak.failures, limits, random);
}
