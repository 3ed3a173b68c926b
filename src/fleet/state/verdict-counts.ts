import type { Drift, Runnable } from "../../drift/finding.js";
import type { Reader } from "../store/database.js";
import type { PointInTime } from "./freshness.js";
import { numberIn, textIn } from "./row-values.js";
import { driftIn, runnableIn, VERDICT_RANK, verdictAt, verdictRank, worstRank } from "./verdict-rank.js";

export interface VerdictCount {
  readonly drift: Drift;
  readonly runnable: Runnable;
  readonly things: number;
}

/** How many things have each verdict, the worst of their jobs. */
export async function verdictsNow(reader: Reader): Promise<readonly VerdictCount[]> {
  const sql =
    "SELECT runnable, drift, count(*) AS things FROM thing WHERE runnable IS NOT NULL GROUP BY runnable, drift";
  const rows = await reader.all(sql);
  return rows.map((row) => ({
    drift: driftIn(textIn(row, "drift")),
    runnable: runnableIn(textIn(row, "runnable")),
    things: numberIn(row, "things"),
  }));
}

/** The same at a time in the past. */
export async function verdictsThen(reader: Reader, { at }: PointInTime): Promise<readonly VerdictCount[]> {
  const counts = new Map<number, number>();
  for (const { spells, things } of await verdictHistories(reader, [at])) {
    const rank = rankAt(spells, 0);
    if (rank !== null) counts.set(rank, (counts.get(rank) ?? 0) + things);
  }
  return [...counts].map(([rank, things]) => ({ ...verdictAt(rank), things }));
}

/** The worst verdict at one of the times; null if nothing was known. */
export function rankAt(spells: readonly Spell[], index: number): number | null {
  const held = spells.filter(({ from, to }) => from <= index && (to === null || index < to));
  return held.length === 0 ? null : worstRank(held.map(({ rank }) => rank));
}

/**
 * Counts the verdicts of all things at these times, the oldest first. Things that have not changed have their current
 * verdict.
 */
export async function verdictHistories(reader: Reader, times: readonly string[]): Promise<readonly History[]> {
  if (times.length === 0) return [];
  const [now, histories] = await Promise.all([verdictsNow(reader), historiesSince(reader, times)]);
  const steady = new Map(now.map(({ runnable, drift, things }) => [verdictRank(runnable, drift), things]));
  for (const { spells, things } of histories) {
    const open = spells.filter(({ to }) => to === null).map(({ rank }) => rank);
    if (open.length === 0) continue;
    const rank = worstRank(open);
    steady.set(rank, Math.max(0, (steady.get(rank) ?? 0) - things));
  }
  const base = [...steady].map(([rank, things]) => ({ spells: [{ rank, from: 0, to: null }], things }));
  return [...base, ...histories];
}

/** A verdict, as its rank, and the times at which it held: from one index to before another; null: until now. */
interface Spell {
  readonly rank: number;
  readonly from: number;
  readonly to: number | null;
}

/** Things with the same verdicts at the same times. */
export interface History {
  readonly spells: readonly Spell[];
  readonly things: number;
}

/**
 * The spells of the things whose states changed since the first time; the others are the rest of the current counts.
 * The store counts things with the same spells: many change between two times, but few rows result.
 */
async function historiesSince(reader: Reader, times: readonly string[]): Promise<readonly History[]> {
  const changed = "SELECT thing FROM past_state WHERE until > $1 UNION ALL SELECT thing FROM state WHERE since > $1";
  const still = `SELECT thing, ${spellSql("since", times)} || '-' AS spell FROM state WHERE thing IN (${changed})`;
  const over = `SELECT thing, ${spellSql("since", times)} || ${indexSql("until", 0, times.length)} AS spell FROM past_state WHERE until > $1`;
  const things = `SELECT thing, string_agg(spell, ',') AS spells FROM (${still} UNION ALL ${over}) s GROUP BY thing`;
  const rows = await reader.all(`SELECT spells, count(*) AS things FROM (${things}) t GROUP BY spells`, times);
  return rows.map((row) => ({
    spells: textIn(row, "spells").split(",").map(spellIn),
    things: numberIn(row, "things"),
  }));
}

function spellSql(since: string, times: readonly string[]): string {
  return `${VERDICT_RANK} || ' ' || ${indexSql(since, 0, times.length)} || ' '`;
}

/** The index of the first of the times, between `low` and `high`, that is not before an instant. */
function indexSql(instant: string, low: number, high: number): string {
  if (low === high) return `'${low}'`;
  const middle = (low + high) >> 1;
  const [before, behind] = [indexSql(instant, low, middle), indexSql(instant, middle + 1, high)];
  return `(CASE WHEN ${instant} <= $${middle + 1} THEN ${before} ELSE ${behind} END)`;
}

function spellIn(text: string): Spell {
  const [rank, from, to] = text.split(" ");
  return { rank: Number(rank), from: Number(from), to: to === "-" ? null : Number(to) };
}
