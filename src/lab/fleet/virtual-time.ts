import type { Later } from "../../base/clock.js";
import { DueActions } from "./due-actions.js";

/** The clock of a virtual fleet: it jumps through past days, then runs with the real clock or faster. */
export interface VirtualTime {
  /** Unix milliseconds. */
  now(): number;
  readonly later: Later;
  /**
   * Runs everything that is due up to then, in order, without waiting for it. Before it moves on by more than five minutes,
   * `settled` must have resolved, so that what devices sent is received at the time at which they sent it.
   */
  jumpTo(untilMs: number, settled: () => Promise<void>): Promise<void>;
  /** Runs on from now, `speed` times as fast as the real clock. */
  run(speed: number): void;
  stop(): void;
}

/** What is due within this time may run before what was sent has been received. */
const UNSETTLED_MS = 5 * 60_000;
/** The longest delay of a real timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Starts at a time, stopped. `realMs` is a monotonic clock. */
export function virtualTime(startMs: number, realMs: () => number = () => performance.now()): VirtualTime {
  const due = new DueActions();
  let base = { virtual: startMs, real: realMs(), speed: 0 };
  let timer: ReturnType<typeof setTimeout> | null = null;

  const now = () => base.virtual + (realMs() - base.real) * base.speed;

  function setTo(virtual: number, speed: number): void {
    base = { virtual, real: realMs(), speed };
  }

  /** Sets the timer for what is due next. */
  function wake(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (due.nextAt === null || base.speed === 0) return;
    const inMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil((due.nextAt - now()) / base.speed)));
    timer = setTimeout(() => {
      while (due.nextAt !== null && due.nextAt <= now()) due.runNext();
      wake();
    }, inMs);
  }

  return {
    now,
    later(milliseconds, action) {
      const before = due.nextAt;
      const cancel = due.add(now() + milliseconds, action);
      if (due.nextAt !== before) wake();
      return cancel;
    },
    async jumpTo(untilMs, settled) {
      await settled();
      let settledAt = base.virtual;
      for (;;) {
        const { nextAt } = due;
        const at = Math.min(nextAt ?? untilMs, untilMs);
        if (at - settledAt > UNSETTLED_MS) {
          await settled();
          settledAt = at;
          // What was sent may have made something due earlier.
          if (due.nextAt !== nextAt) continue;
        }
        setTo(Math.max(at, base.virtual), 0);
        if (nextAt === null || nextAt > untilMs) break;
        due.runNext();
        // Promises that the action has made continue before the next one.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await settled();
    },
    run(speed) {
      setTo(now(), speed);
      wake();
    },
    stop() {
      setTo(now(), 0);
      due.clear();
      wake();
    },
  };
}
