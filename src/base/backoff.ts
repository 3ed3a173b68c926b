/** How long to wait between attempts, in ms. */
export interface BackoffLimits {
  /** The longest wait after the first failure; it doubles with each further one. */
  readonly firstMs: number;
  /** The longest wait after any number of failures. */
  readonly lastMs: number;
}

/**
 * The wait before the next attempt after this many failures in a row (1 or more), in ms: exponential with full jitter, so
 * that devices that failed together do not come back together. `random` gives from 0 to less than 1.
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

/** The longest wait of a back-off: 15 s in the first five minutes of an outage, `lastMs` later. */
export function longestWaitMs(failingMs: number, lastMs: number): number {
  return isShortOutage(failingMs) ? SHORT_OUTAGE_RETRY_MS : lastMs;
}
