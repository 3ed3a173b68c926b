import type { Drift, Runnable } from "../../drift/finding.js";
import type { Reader } from "../store/database.js";
import type { CauseGroup } from "./cause-groups.js";
import { heardAtSql, thingIsThere } from "./device-filter.js";
import { openThen } from "./finding-rows.js";
import { freshnessOf, type PointInTime } from "./freshness.js";
import { Parameters } from "./parameters.js";
import { numberIn, textOrNull } from "./row-values.js";
import { type VerdictCount, verdictsNow, verdictsThen } from "./verdict-counts.js";
import { weightOf } from "./verdict-rank.js";
import type { Freshness, Summary } from "./views.js";

/** The numbers of the fleet, without delivery. */
export async function countFleet(
  reader: Reader,
  moment: PointInTime,
  groups: Promise<readonly CauseGroup[]>,
): Promise<Omit<Summary, "delivery">> {
  const counting = moment.isNow ? verdictsNow(reader) : verdictsThen(reader, moment);
  const [verdicts, states, causes] = await Promise.all([
    counting,
    moment.isNow ? statesNow(reader, moment, counting) : statesThen(reader, moment),
    groups.then(gravest),
  ]);
  const wontRun = sum(verdicts, ({ runnable }) => runnable === "WILL_NOT_RUN");
  return {
    at: moment.at,
    things: states.fresh + states.late + states.silent + states.never,
    drift: { ...NO_DRIFT, ...tally(verdicts, (one) => one.drift) },
    runnable: { ...NO_RUNNABLE, ...tally(verdicts, (one) => one.runnable) },
    states,
    wontRun: { things: wontRun, ...(await covered(reader, moment, causes, wontRun)) },
  };
}

export const NO_DRIFT: Readonly<Record<Drift, number>> = { IN_SYNC: 0, DRIFTED: 0, UNKNOWN: 0, NOT_CHECKED: 0 };
export const NO_RUNNABLE: Readonly<Record<Runnable, number>> = {
  RUNNABLE: 0,
  RUNNABLE_UNTESTED: 0,
  WILL_NOT_RUN: 0,
  CANNOT_TELL: 0,
};

/**
 * All things are counted by their verdicts already, so only those that are not fresh are counted by when they were
 * heard.
 */
async function statesNow(
  reader: Reader,
  moment: PointInTime,
  verdicts: Promise<readonly VerdictCount[]>,
): Promise<Record<Freshness, number>> {
  const count = async (where: string, ...values: readonly string[]) => {
    const [row] = await reader.all(`SELECT count(*) AS things FROM thing WHERE ${where}`, values);
    return row === undefined ? 0 : numberIn(row, "things");
  };
  const [judged, unjudged, late, silent, never] = await Promise.all([
    verdicts.then((counts) => sum(counts, () => true)),
    count("runnable IS NULL"),
    count("last_heard <= $1 AND last_heard > $2", moment.lateAt, moment.silentAt),
    count("last_heard <= $1", moment.silentAt),
    count("last_heard IS NULL"),
  ]);
  // Reports may arrive between the counts.
  return { fresh: Math.max(0, judged + unjudged - late - silent - never), late, silent, never };
}

async function statesThen(reader: Reader, moment: PointInTime): Promise<Record<Freshness, number>> {
  const parameters = new Parameters();
  const heard = heardAtSql(moment, parameters);
  // Grouped, so that the subquery is evaluated once for each thing, and not at each use of its value.
  const then = `SELECT ${heard} AS heard FROM thing t WHERE ${thingIsThere(moment, parameters)} GROUP BY t.thing`;
  const state = `CASE WHEN heard > ${parameters.of(moment.lateAt)} THEN 1 WHEN heard > ${parameters.of(moment.silentAt)} THEN 2 WHEN heard IS NULL THEN 4 ELSE 3 END`;
  const sql = `SELECT state, min(heard) AS heard, count(*) AS things FROM (SELECT heard, ${state} AS state FROM (${then}) h) s GROUP BY state`;
  const counts: Record<Freshness, number> = { fresh: 0, late: 0, silent: 0, never: 0 };
  for (const row of await reader.all(sql, parameters.values)) {
    counts[freshnessOf(textOrNull(row, "heard"), moment)] += numberIn(row, "things");
  }
  return counts;
}

const MOST_CAUSES = 3;
/** The share of what will not run that must be explained before further causes are left out. */
const EXPLAINED = 0.9;

/** The causes that keep most things from running. */
function gravest(groups: readonly CauseGroup[]): readonly string[] {
  const blocking = groups.filter(({ weight }) => weight === weightOf("BLOCKING", "DRIFT"));
  return blocking.slice(0, MOST_CAUSES).map(({ cause }) => cause);
}

/** The fewest causes that explain most of what will not run, and how much they explain. */
async function covered(
  reader: Reader,
  moment: PointInTime,
  causes: readonly string[],
  wontRun: number,
): Promise<{ readonly causes: number; readonly covered: number }> {
  if (causes.length === 0) return { causes: 0, covered: 0 };
  const parameters = new Parameters();
  const then = openThen("f", moment.isNow ? null : parameters.of(moment.at));
  const place = `CASE f.cause ${causes.map((cause, at) => `WHEN ${parameters.of(cause)} THEN ${at}`).join(" ")} END`;
  const things = `SELECT f.thing, min(${place}) AS place FROM finding f WHERE ${then} AND f.cause IN ${parameters.in(causes)} GROUP BY f.thing`;
  const rows = await reader.all(
    `SELECT place, count(*) AS things FROM (${things}) p GROUP BY place ORDER BY place`,
    parameters.values,
  );
  let best = { causes: 0, covered: 0 };
  for (const row of rows) {
    if (best.covered >= EXPLAINED * wontRun) break;
    best = {
      causes: numberIn(row, "place") + 1,
      covered: Math.min(wontRun, best.covered + numberIn(row, "things")),
    };
  }
  return best;
}

function tally<K extends string>(
  verdicts: readonly VerdictCount[],
  keyOf: (one: VerdictCount) => K,
): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const one of verdicts) counts[keyOf(one)] = (counts[keyOf(one)] ?? 0) + one.things;
  return counts;
}

function sum(verdicts: readonly VerdictCount[], counts: (one: VerdictCount) => boolean): number {
  return verdicts.filter(counts).reduce((total, { things }) => total + things, 0);
}
