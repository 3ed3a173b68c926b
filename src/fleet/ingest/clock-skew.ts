import type { ThingRow } from "../store/rows.js";

/** Small clock corrections, and the differences between receivers, stay below this. */
export const MOST_CLOCK_SKEW_MS = 5 * 60_000;

/** When a message arrived, and the time now, when it is applied: it may have waited in a queue for a long time. */
interface ArrivalTime {
  readonly at: string;
  readonly now: string;
}

/** The later of a stored time and the arrival; the time now if the stored one was stamped by a clock that ran ahead. */
export function latestTime(stored: string | null, arrival: ArrivalTime): string {
  if (stored === null || stored <= arrival.at) return arrival.at;
  return isAhead(stored, arrival) ? latestNow(arrival) : stored;
}

/**
 * Whether an arrival is older than what is stored: it waited in a queue, or came through another receiver. A stored time in the
 * future was stamped by a clock that ran ahead, and tells nothing about the order.
 */
export function isOlder(stored: string | null, arrival: ArrivalTime): boolean {
  return stored !== null && stored > arrival.at && stored <= latestNow(arrival);
}

/** A thing's row without times in the future, because of which its facts would never be requested again. */
export function withoutFutureTimes(row: ThingRow, arrival: ArrivalTime): ThingRow {
  if (row.last_heard === null || !isAhead(row.last_heard, arrival)) return row;
  const now = latestNow(arrival);
  const bounded = (time: string | null, bound: string) => (time !== null && time > now ? bound : time);
  return {
    ...row,
    first_heard: bounded(row.first_heard, now),
    last_heard: now,
    // Not later than this arrival, so that what arrives with it counts as newer.
    online_at: bounded(row.online_at, arrival.at),
    change_at: bounded(row.change_at, now),
    facts_at: bounded(row.facts_at, arrival.at),
  };
}

/** Our clock may be behind that of the queue, which stamped the arrival. */
const latestNow = ({ at, now }: ArrivalTime) => (at > now ? at : now);

function isAhead(time: string, arrival: ArrivalTime): boolean {
  const now = latestNow(arrival);
  return time > now && Date.parse(time) > Date.parse(now) + MOST_CLOCK_SKEW_MS;
}
