import type { Later } from "../../src/base/clock.js";

/** A clock that stands still until a test moves it; what is due runs in order, and promises settle in between. */
export function fakeClock(startMs = Date.parse("2026-11-23T18:00:00Z")) {
  let nowMs = startMs;
  const timers = new Set<{ readonly at: number; readonly action: () => void }>();
  const later: Later = (milliseconds, action) => {
    const timer = { at: nowMs + milliseconds, action };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    later,
    nowMs: () => nowMs,
    /** How long each pending timer still waits, soonest first. */
    get waits() {
      return [...timers].map(({ at }) => at - nowMs).sort((a, b) => a - b);
    },
    async pass(milliseconds: number): Promise<void> {
      const end = nowMs + milliseconds;
      await settled();
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers.delete(due);
        nowMs = Math.max(nowMs, due.at);
        due.action();
        await settled();
      }
      nowMs = end;
    },
    /** Sets the clock without running anything. */
    set(toMs: number): void {
      nowMs = toMs;
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
