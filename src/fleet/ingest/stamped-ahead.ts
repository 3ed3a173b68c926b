import type { ThingRow } from "../store/rows.js";

/** By so much a clock may be ahead that is right again after small steps; several receivers differ by less. */
export const AHEAD_MS = 5 * 60_000;

/** The later of a stored time and now, unless the stored one was stamped by a clock that was ahead. */
export function latestOf(stored: string | null, at: string): string {
  return stored === null || stored <= at || isAhead(stored, at) ? at : stored;
}

/** The row of a thing without times that are yet to come: its facts would never be asked for again. */
export function withoutTimesAhead(row: ThingRow, at: string): ThingRow {
  if (row.last_heard === null || !isAhead(row.last_heard, at)) return row;
  const bounded = (time: string | null) => (time !== null && time > at ? at : time);
  return {
    ...row,
    first_heard: bounded(row.first_heard),
    last_heard: at,
    online_at: bounded(row.online_at),
    change_at: bounded(row.change_at),
    facts_at: bounded(row.facts_at),
  };
}

function isAhead(time: string, at: string): boolean {
  return time > at && Date.parse(time) > Date.parse(at) + AHEAD_MS;
}
