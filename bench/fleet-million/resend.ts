/** What arrives, second by second, and how fast it is processed. */
interface Flow {
  /** Reports that arrive for the first time in each second. */
  readonly perSecond: readonly number[];
  /** How many messages are stored in a second. */
  readonly storedPerSecond: number;
  /** How many acknowledgements are sent in a second. */
  readonly acknowledgedPerSecond: number;
}

/** What follows from a load. */
export interface Computed {
  /** From a report's arrival to its acknowledgement, in seconds. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly most: number };
  /** Messages that had arrived and were not stored, at most. */
  readonly longestQueue: number;
  /** Reports that devices sent again because they were not acknowledged. */
  readonly resent: number;
  /** When the last report was acknowledged. */
  readonly endsAfterSeconds: number;
}

/** The reports of one second. */
interface Cohort {
  readonly at: number;
  readonly reports: number;
  unacknowledged: number;
}

interface Waiting {
  readonly of: Cohort;
  count: number;
  readonly isAgain: boolean;
}

/** As outbox/resend.ts: after 15 minutes, then after twice as long each time, up to 6 hours. */
export const FIRST_RESEND_SECONDS = 900;
const LAST_RESEND_SECONDS = 21_600;
/** A load that is not processed by then never is. */
const LONGEST_SECONDS = 7 * 86_400;

/**
 * Computes a queue in front of receivers and another one in front of what acknowledges, both first in, first out. Devices send again
 * what is not acknowledged, which makes both queues longer. A report that arrives again is stored at the price of a new one; it is
 * acknowledged again unless its acknowledgement still waits.
 */
export function workedOff({ perSecond, storedPerSecond, acknowledgedPerSecond }: Flow): Computed {
  const cohorts: Cohort[] = [];
  const arrived: Waiting[] = [];
  const stored: Waiting[] = [];
  const lags = new Map<number, number>();
  let [resent, longestQueue, ends] = [0, 0, 0];
  for (let second = 0; second < LONGEST_SECONDS; second += 1) {
    const reports = perSecond[second] ?? 0;
    const cohort = { at: second, reports, unacknowledged: reports };
    if (reports > 0) arrived.push({ of: cohort, count: reports, isAgain: false });
    if (reports > 0) cohorts.push(cohort);
    for (const of of cohorts) {
      if (of.unacknowledged === 0 || !isSentAgain(second - of.at)) continue;
      arrived.push({ of, count: of.unacknowledged, isAgain: true });
      resent += of.unacknowledged;
    }
    longestQueue = Math.max(longestQueue, sum(arrived));
    for (const each of taken(arrived, storedPerSecond)) {
      // Those of the report's copies whose acknowledgement was sent meanwhile are acknowledged again.
      const count = each.isAgain ? Math.max(0, each.count - each.of.unacknowledged) : each.count;
      if (count > 0) stored.push({ ...each, count });
    }
    for (const { of, count, isAgain } of taken(stored, acknowledgedPerSecond)) {
      if (isAgain) continue;
      of.unacknowledged -= count;
      lags.set(second - of.at, (lags.get(second - of.at) ?? 0) + count);
      ends = second;
    }
    while (cohorts[0]?.unacknowledged === 0) cohorts.shift();
    if (cohorts.length === 0 && second >= perSecond.length) break;
  }
  return { lag: percentiles(lags), longestQueue, resent, endsAfterSeconds: ends };
}

/** Whether a report is sent again this many seconds after it was first sent. */
function isSentAgain(seconds: number): boolean {
  let [at, wait] = [FIRST_RESEND_SECONDS, FIRST_RESEND_SECONDS];
  while (at < seconds) {
    wait = Math.min(2 * wait, LAST_RESEND_SECONDS);
    at += wait;
  }
  return at === seconds;
}

/** Takes up to this many from the front. */
function taken(queue: Waiting[], most: number): readonly Waiting[] {
  const found: Waiting[] = [];
  for (let left = most; left > 0 && queue[0] !== undefined; ) {
    const [first] = queue;
    const count = Math.min(left, first.count);
    found.push({ ...first, count });
    first.count -= count;
    left -= count;
    if (first.count === 0) queue.shift();
  }
  return found;
}

function sum(queue: readonly Waiting[]): number {
  return queue.reduce((total, { count }) => total + count, 0);
}

function percentiles(lags: ReadonlyMap<number, number>): Computed["lag"] {
  const sorted = [...lags].sort(([a], [b]) => a - b);
  const total = sorted.reduce((all, [, count]) => all + count, 0);
  const at = (share: number) => {
    let seen = 0;
    for (const [lag, count] of sorted) {
      seen += count;
      if (seen >= share * total) return lag;
    }
    return 0;
  };
  return { p50: at(0.5), p99: at(0.99), most: sorted.at(-1)?.[0] ?? 0 };
}
