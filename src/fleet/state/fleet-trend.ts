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
  const changed = "SELECT thing FROM past_state WHERE until > $1 UNION SELECT thing FROM state WHERE since > $1";
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
  return moments.map(({ at }) => pointAt(at, base, things));
}

function pointAt(
  at: string,
  base: readonly { readonly rank: number; readonly things: number }[],
  things: readonly (readonly Spell[])[],
): TrendPoint {
  const point = { things: 0, wontRun: 0, drifted: 0 };
  const add = (rank: number, number: number) => {
    point.things += number;
    if (rank >= WONT_RUN) point.wontRun += number;
    if (rank % DRIFTS.length === DRIFTED) point.drifted += number;
  };
  for (const one of base) add(one.rank, one.things);
  for (const spells of things) {
    const ranks = spells
      .filter(({ since, until }) => since <= at && (until === null || until > at))
      .map(({ rank }) => rank);
    if (ranks.length > 0) add(Math.max(...ranks), 1);
  }
  return { at, ...point };
}

const WONT_RUN = DRIFTS.length * RUNNABLES.indexOf("WILL_NOT_RUN");
const DRIFTED = DRIFTS.indexOf("DRIFTED");
