import type { Later } from "../base/clock.js";

/** Timers that can be cancelled together. */
export interface Timers {
  /** Runs `action` after the given time, unless cancelled first. */
  after: Later;
  cancelAll(): void;
}

export function timerSet(later: Later): Timers {
  const pending = new Set<() => void>();
  return {
    after(milliseconds, action) {
      const stop = later(milliseconds, () => {
        pending.delete(cancel);
        action();
      });
      const cancel = () => {
        pending.delete(cancel);
        stop();
      };
      pending.add(cancel);
      return cancel;
    },
    cancelAll() {
      for (const cancel of [...pending]) cancel();
    },
  };
}
