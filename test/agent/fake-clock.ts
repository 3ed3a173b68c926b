import type { Later } from "../../src/base/clock.js";

/** A clock that stands still until a test moves it; what is due runs in order, and promises settle in between. */
export function fakeClock(startMs = Date.parse("2026-11-23T18:00:00Z")) {
  let elapsedMs = 0;
  let wallMs = startMs;
  const timers = new Set<{ readonly at: number; readonly action: () => void }>();
  const later: Later = (milliseconds, action) => {
    const timer = { at: elapsedMs + milliseconds, action };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const moveTo = (at: number) => {
    wallMs += at - elapsedMs;
    elapsedMs = at;
  };
  return {
    later,
    /** The wall clock, which can be set. */
    nowMs: () => wallMs,
    /** A monotonic clock. */
    steadyMs: () => elapsedMs,
    /** How long each pending timer still waits, soonest first. */
    get waits() {
      return [...timers].map(({ at }) => at - elapsedMs).sort((a, b) => a - b);
    },
    async pass(milliseconds: number): Promise<void> {
      const end = elapsedMs + milliseconds;
      await settled();
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers.delete(due);
        moveTo(Math.max(elapsedMs, due.at));
        due.action();
        await settled();
      }
      moveTo(end);
    },
    /** Sets the wall clock; timers do not notice. */
    setBack(milliseconds: number): void {
      wallMs -= milliseconds;
    },
  };
}

/** Lets all promises go on that can. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A log that keeps its lines. */
export function fakeLog() {
  const lines: (readonly [event: string, fields: Readonly<Record<string, unknown>>])[] = [];
  const write = (event: string, fields: Readonly<Record<string, unknown>> = {}) => void lines.push([event, fields]);
  return {
    debug: write,
    info: write,
    warn: write,
    error: write,
    lines,
    /** The fields of each line of an event. */
    of: (event: string) => lines.filter(([name]) => name === event).map(([, fields]) => fields),
  };
}
