import type { Reader } from "../store/database.js";
import { byThing } from "./device-then.js";
import { verdictsNow } from "./fleet-summary.js";
import type { Moment } from "./freshness.js";
import { numberIn, textIn, textOrNull } from "./row-values.js";
import type { TrendPoint } from "./views.js";
import { DRIFTS, RUNNABLES, rankOf, VERDICT_RANK } from "./worst.js";

/** A verdict, as its rank, while it held. */
interface Spell {
  readonly rank: number;
  readonly since: string;
  /** Null: still. */
  readonly until: string | null;
}

/**
 * How many things were in trouble at each moment, which come oldest first. Only things whose states changed since the first one
 * are looked at one by one; the others are what is left of today's counts.
 */
export async function trendOf(reader: Reader, moments: readonly Moment[]): Promise<readonly TrendPoint[]> {
  const [first] = moments;
  if (first === undefined) return [];
  const changed = "SELECT thing FROM past_state WHERE until > $1 UNION ALL SELECT thing FROM state WHERE since > $1";
  const sql = `SELECT thing, ${VERDICT_RANK} AS verdict, since, NULL AS until FROM state WHERE thing IN (${changed}) UNION ALL SELECT thing, ${VERDICT_RANK} AS verdict, since, until FROM past_state WHERE until > $1`;
  const [now, rows] = await Promise.all([verdictsNow(reader), reader.all(sql, [first.at])]);
  const things = [...byThing(rows).values()].map((ones) =>
    ones.map((row) => ({
      rank: numberIn(row, "verdict"),
      since: textIn(row, "since"),
      until: textOrNull(row, "until"),
    })),
  );
  const steady = new Map(now.map(({ runnable, drift, things: number }) => [rankOf(runnable, drift), number]));
  for (const spells of things) {
    const open = spells.filter(({ until }) => until === null).map(({ rank }) => rank);
    const rank = Math.max(...open);
    if (open.length > 0) steady.set(rank, Math.max(0, (steady.get(rank) ?? 0) - 1));
  }
  const base = [...steady].map(([rank, number]) => ({ rank, things: number }));
  return countAt(
    moments.map(({ at }) => at),
    base,
    things,
  );
}

interface Base {
  readonly rank: number;
  readonly things: number;
}

/** Counts at each time what held then: what is steady, and each thing by the worst of its spells. */
function countAt(times: readonly string[], base: readonly Base[], things: readonly (readonly Spell[])[]): TrendPoint[] {
  const points = times.map((at) => ({ at, things: 0, wontRun: 0, drifted: 0 }));
  const add = (rank: number, number: number, from: number, to: number) => {
    for (const point of points.slice(from, to)) {
      point.things += number;
      if (rank >= WONT_RUN) point.wontRun += number;
      if (rank % DRIFTS.length === DRIFTED) point.drifted += number;
    }
  };
  for (const { rank, things: number } of base) add(rank, number, 0, points.length);
  // Things with the same spells between the times are counted together: many change at once.
  const alike = new Map<string, { readonly placed: readonly Placed[]; number: number }>();
  for (const spells of things) {
    const placed = spells.map(({ rank, since, until }) => ({
      rank,
      from: firstFrom(times, since),
      to: until === null ? times.length : firstFrom(times, until),
    }));
    const key = placed.map(({ rank, from, to }) => `${rank} ${from} ${to}`).join();
    const same = alike.get(key);
    if (same === undefined) alike.set(key, { placed, number: 1 });
    else same.number += 1;
  }
  for (const { placed, number } of alike.values()) {
    for (const index of times.keys()) {
      const ranks = placed.filter(({ from, to }) => from <= index && index < to).map(({ rank }) => rank);
      if (ranks.length > 0) add(Math.max(...ranks), number, index, index + 1);
    }
  }
  return points;
}

/** A spell by the times at which it held: from one index to before another. */
interface Placed {
  readonly rank: number;
  readonly from: number;
  readonly to: number;
}

/** The index of the first of the times, in order, that is not before an instant. */
function firstFrom(times: readonly string[], instant: string): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? "") < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

const WONT_RUN = DRIFTS.length * RUNNABLES.indexOf("WILL_NOT_RUN");
const DRIFTED = DRIFTS.indexOf("DRIFTED");
