import type { Examiner } from "../examiner/process.js";

/** The examiners of one session, one at a time. */
export interface Examiners {
  /** An examiner for a check: the one started ahead if it is unused, otherwise a new one. */
  next(): Examiner;
  /** Kills the one started last. */
  kill(): void;
}

export function examinersFrom(start: () => Examiner, ahead: Examiner | null): Examiners {
  let ready = ahead;
  let last = ahead;
  return {
    next() {
      last = ready ?? start();
      ready = null;
      return last;
    },
    kill: () => last?.kill(),
  };
}
