/** When something happened: by the wall clock, and by the boot's own clock, which nobody sets. */

export interface Instant {
  readonly wallMs: number;
  /** Names the boot. */
  readonly boot: string;
  readonly bootMs: number;
}

/** Milliseconds between two instants: by the boot's clock within one boot, else by the wall clock, which may have been set back. */
export function elapsedMs(from: Instant, to: Instant): number {
  if (from.boot === to.boot) return to.bootMs - from.bootMs;
  const elapsed = to.wallMs - from.wallMs;
  // From the future: at least as old as the present boot.
  return elapsed < 0 ? to.bootMs : elapsed;
}

/** Runs `action` after a while; the answer cancels it. */
export type Later = (milliseconds: number, action: () => void) => () => void;
