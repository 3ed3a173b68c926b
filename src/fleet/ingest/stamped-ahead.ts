import type { ThingRow } from "../store/rows.js";

/** By so much a clock may be ahead that is right again after small steps; several receivers differ by less. */
export const AHEAD_MS = 5 * 60_000;

/** When a message arrived, and the clock as it is applied: one that waited in a queue arrived long before. */
export interface ArrivalTime {
  readonly at: string;
  readonly now: string;
}

/** The later of a stored time and an arrival's; now where the stored one was stamped by a clock that was ahead. */
export function latestOf(stored: string | null, moment: ArrivalTime): string {
  if (stored === null || stored <= moment.at) return moment.at;
  return isAhead(stored, moment) ? latestNow(moment) : stored;
}

/**
 * Whether an arrival is older than what is stored: it waited in a queue, or came through another receiver. A stored time that is yet
 * to come was stamped by a clock that was ahead, and says nothing about order.
 */
export function isOlder(stored: string | null, moment: ArrivalTime): boolean {
  return stored !== null && stored > moment.at && stored <= latestNow(moment);
}

/** The row of a thing without times that are yet to come: its facts would never be asked for again. */
export function withoutTimesAhead(row: ThingRow, moment: ArrivalTime): ThingRow {
  if (row.last_heard === null || !isAhead(row.last_heard, moment)) return row;
  const now = latestNow(moment);
  const bounded = (time: string | null, bound: string) => (time !== null && time > now ? bound : time);
  return {
    ...row,
    first_heard: bounded(row.first_heard, now),
    last_heard: now,
    // Not later than this arrival: what arrives beside it is newer.
    online_at: bounded(row.online_at, moment.at),
    change_at: bounded(row.change_at, now),
    facts_at: bounded(row.facts_at, moment.at),
  };
}

/** Our own clock may be behind that of the queue which stamped the arrival. */
const latestNow = ({ at, now }: ArrivalTime) => (at > now ? at : now);

function isAhead(time: string, moment: ArrivalTime): boolean {
  const now = latestNow(moment);
  return time > now && Date.parse(time) > Date.parse(now) + AHEAD_MS;
}
