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
