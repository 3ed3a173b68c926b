import type { Reader } from "../store/database.js";
import { verdictsNow } from "./fleet-summary.js";
import type { Moment } from "./freshness.js";
import { numberIn, textIn } from "./row-values.js";
import type { TrendPoint } from "./views.js";
import { DRIFTS, RUNNABLES, rankOf, VERDICT_RANK } from "./worst.js";

/** How many things were in trouble at each moment, which come oldest first. */
export async function trendOf(reader: Reader, moments: readonly Moment[]): Promise<readonly TrendPoint[]> {
  if (moments.length === 0) return [];
  const times = moments.map(({ at }) => at);
  const [now, histories] = await Promise.all([verdictsNow(reader), historiesSince(reader, times)]);
  const steady = new Map(now.map(({ runnable, drift, things }) => [rankOf(runnable, drift), things]));
  for (const { spells, things } of histories) {
    const open = spells.filter(({ to }) => to === null).map(({ rank }) => rank);
    const rank = Math.max(...open);
    if (open.length > 0) steady.set(rank, Math.max(0, (steady.get(rank) ?? 0) - things));
  }
  const base = [...steady].map(([rank, things]) => ({ spells: [{ rank, from: 0, to: null }], things }));
  return countAt(times, [...base, ...histories]);
}

/** A verdict, as its rank, by the times at which it held: from one index to before another; null: still. */
interface Spell {
  readonly rank: number;
  readonly from: number;
  readonly to: number | null;
}

/** Things with the same verdicts at the same times. */
interface History {
  readonly spells: readonly Spell[];
  readonly things: number;
}

/**
 * Those of the things whose states changed since the first time; the others are what is left of today's counts. The store counts the
 * things that are alike: many change between two times, and few rows come of them.
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

/** The index of the first of the times that is not before an instant, searched for among those from `low` on before `high`. */
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

/** Counts at each time what held then: each thing by the worst of its spells. */
function countAt(times: readonly string[], histories: readonly History[]): TrendPoint[] {
  const points = times.map((at) => ({ at, things: 0, wontRun: 0, drifted: 0 }));
  for (const { spells, things } of histories) {
    for (const [index, point] of points.entries()) {
      const ranks = spells.filter(({ from, to }) => from <= index && (to === null || index < to));
      if (ranks.length === 0) continue;
      const rank = Math.max(...ranks.map((spell) => spell.rank));
      point.things += things;
      if (rank >= WONT_RUN) point.wontRun += things;
      if (rank % DRIFTS.length === DRIFTED) point.drifted += things;
    }
  }
  return points;
}

const WONT_RUN = DRIFTS.length * RUNNABLES.indexOf("WILL_NOT_RUN");
const DRIFTED = DRIFTS.indexOf("DRIFTED");
