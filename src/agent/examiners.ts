import type { Examiner } from "../examiner/process.js";

/** The examiners of one session, one at a time. */
export interface Examiners {
  /** An examiner for a check: the one that was started ahead, else a new one. */
  next(): Examiner;
  /** Ends the one that was started last. */
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
