/** When something happened: by the wall clock, and by the time since boot, which cannot be set. */

export interface Instant {
  readonly wallMs: number;
  /** Identifies the boot. */
  readonly boot: string;
  readonly bootMs: number;
}

/** Milliseconds between two instants: by the time since boot within one boot, else by the wall clock, which may have been set back. */
export function elapsedMs(from: Instant, to: Instant): number {
  if (from.boot === to.boot) return to.bootMs - from.bootMs;
  const elapsed = to.wallMs - from.wallMs;
  // `from` is in the future, so a clock was set back: it is at least as old as this boot.
  return elapsed < 0 ? to.bootMs : elapsed;
}

/** Runs `action` after a delay; call the returned function to cancel it. */
export type Later = (milliseconds: number, action: () => void) => () => void;

/** Uses setTimeout. */
export const laterByTimer: Later = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

/**
 * Milliseconds on a clock that cannot be set. Not `performance.now()`, which costs each process 2 ms of CPU to load.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
