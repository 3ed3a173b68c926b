import type { Later } from "../base/clock.js";

interface MinuteCounts<T extends string> {
  /** Counts one event, and returns how many there were within the minute. */
  count(what: T): number;
  /** Ends the minute now. */
  end(): void;
}

/** Counts events within a minute that starts with the first one. `onEnd` gets the counts when the minute is over. */
export function minuteCounts<T extends string>(
  after: Later,
  onEnd: (counts: ReadonlyMap<T, number>) => void,
): MinuteCounts<T> {
  let counts = new Map<T, number>();
  let cancel = () => {};

  function end(): void {
    cancel();
    const ended = counts;
    counts = new Map();
    if (ended.size > 0) onEnd(ended);
  }

  return {
    count(what) {
      if (counts.size === 0) cancel = after(60_000, end);
      const now = (counts.get(what) ?? 0) + 1;
      counts.set(what, now);
      return now;
    },
    end,
  };
}
