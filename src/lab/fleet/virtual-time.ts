import type { Later } from "../../base/clock.js";

/** The clock of a virtual fleet: it jumps through past days, then runs with the real clock or faster. */
export interface VirtualTime {
  /** Unix milliseconds. */
  now(): number;
  readonly later: Later;
  /**
   * Runs everything that is due up to then, in order, without waiting for it. Before it goes on by more than five minutes,
   * `settled` must have resolved, so that what devices sent is received at the time at which they sent it.
   */
  jumpTo(untilMs: number, settled: () => Promise<void>): Promise<void>;
  /** Runs on from now, `speed` times as fast as the real clock. */
  run(speed: number): void;
  stop(): void;
}

interface Due {
  readonly at: number;
  readonly action: () => void;
}

/** What is due within this time may run before what was sent has been received. */
const UNSETTLED_MS = 5 * 60_000;
/** The longest delay of a real timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Starts at a time and stands still. `realMs` is a monotonic clock. */
export function virtualTime(startMs: number, realMs: () => number = () => performance.now()): VirtualTime {
  /** Soonest first; of the same time in the order in which they were added. */
  const due: Due[] = [];
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
    const [first] = due;
    if (first === undefined || base.speed === 0) return;
    const inMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil((first.at - now()) / base.speed)));
    timer = setTimeout(() => {
      for (let next = due[0]; next !== undefined && next.at <= now(); next = due[0]) {
        due.shift();
        next.action();
      }
      wake();
    }, inMs);
  }

  return {
    now,
    later(milliseconds, action) {
      const entry: Due = { at: now() + milliseconds, action };
      due.splice(firstAfter(due, entry.at), 0, entry);
      if (due[0] === entry) wake();
      return () => {
        const at = due.indexOf(entry, firstAfter(due, entry.at - 1));
        if (at >= 0) due.splice(at, 1);
      };
    },
    async jumpTo(untilMs, settled) {
      await settled();
      let settledAt = base.virtual;
      for (;;) {
        const next = due[0];
        const at = Math.min(next?.at ?? untilMs, untilMs);
        if (at - settledAt > UNSETTLED_MS) {
          await settled();
          settledAt = at;
          // What was sent may have made something due earlier.
          if (due[0] !== next) continue;
        }
        setTo(Math.max(at, base.virtual), 0);
        if (next === undefined || next.at > untilMs) break;
        due.shift();
        next.action();
        // Promises that the action has made go on before the next one.
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
      due.length = 0;
      wake();
    },
  };
}

/** The index of the first that is due after a time. */
function firstAfter(due: readonly Due[], at: number): number {
  let low = 0;
  let high = due.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((due[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
