import type { Runnable } from "../../drift/finding.js";
import type { Reader } from "../store/database.js";
import { isNarrow, selectsNothing, selectThings } from "./device-filter.js";
import type { PointInTime } from "./freshness.js";
import type { Counted, FirstOf } from "./judged-groups.js";
import { allOf, Parameters } from "./parameters.js";
import { numberIn, textIn, textOrNull } from "./row-values.js";
import { runnableIn } from "./verdict-rank.js";
import type { DeviceFilter } from "./views.js";

/** Pairs of thing and job with the same judgement: of one class of machines, one job, one reported verdict. */
export interface StoredPairs extends Counted {
  /** The digest of the facts; null if they are not stored. */
  readonly digest: string | null;
  readonly project: string;
  readonly job: string;
  readonly reported: Runnable;
}

/** Things of one class of machines; `digest` is null if their facts are not stored. */
export interface StoredClass extends Counted {
  readonly digest: string | null;
}

/** The most frequent first. */
export async function pairsOf(
  reader: Reader,
  filter: DeviceFilter,
  moment: PointInTime,
): Promise<readonly StoredPairs[]> {
  if (selectsNothing(filter)) return [];
  const parameters = new Parameters();
  const only = onlyThings("s.thing", filter, moment, parameters);
  const sql = `SELECT t.facts_digest, s.project, s.job, s.runnable, count(*) AS things, min(s.thing) AS lowest, max(s.thing) AS highest FROM state s JOIN thing t ON t.thing = s.thing WHERE s.job <> ''${only} GROUP BY t.facts_digest, s.project, s.job, s.runnable ORDER BY things DESC`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({
    digest: textOrNull(row, "facts_digest"),
    project: textIn(row, "project"),
    job: textIn(row, "job"),
    reported: runnableIn(textIn(row, "runnable")),
    things: numberIn(row, "things"),
    ends: [...new Set([textIn(row, "lowest"), textIn(row, "highest")])],
  }));
}

/** One thing with one of its jobs. */
export interface StoredPair extends Pick<StoredPairs, "digest" | "project" | "job" | "reported"> {
  readonly thing: string;
}

/** The pairs of the things that the filter selects, by thing and job: at most `most` of those after `after`. */
export async function listPairs(
  reader: Reader,
  filter: DeviceFilter,
  moment: PointInTime,
  after: readonly [thing: string, project: string, job: string] | null,
  most: number,
): Promise<readonly StoredPair[]> {
  if (selectsNothing(filter)) return [];
  const parameters = new Parameters();
  const rest = after === null ? "" : ` AND (s.thing, s.project, s.job) > ${parameters.in(after)}`;
  const only = onlyThings("s.thing", filter, moment, parameters);
  const sql = `SELECT s.thing, t.facts_digest, s.project, s.job, s.runnable FROM state s JOIN thing t ON t.thing = s.thing WHERE s.job <> ''${rest}${only} ORDER BY s.thing, s.project, s.job LIMIT ${most}`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({
    thing: textIn(row, "thing"),
    digest: textOrNull(row, "facts_digest"),
    project: textIn(row, "project"),
    job: textIn(row, "job"),
    reported: runnableIn(textIn(row, "runnable")),
  }));
}

/** All things, or those of a filter; the most frequent class first. */
export async function classesOf(
  reader: Reader,
  filter: DeviceFilter,
  moment: PointInTime,
): Promise<readonly StoredClass[]> {
  if (selectsNothing(filter)) return [];
  const parameters = new Parameters();
  const only = onlyThings("t.thing", filter, moment, parameters);
  const sql = `SELECT t.facts_digest, count(*) AS things, min(t.thing) AS lowest, max(t.thing) AS highest FROM thing t WHERE 1 = 1${only} GROUP BY t.facts_digest ORDER BY things DESC`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({
    digest: textOrNull(row, "facts_digest"),
    things: numberIn(row, "things"),
    ends: [...new Set([textIn(row, "lowest"), textIn(row, "highest")])],
  }));
}

/** The first names of a group of pairs, of the things that the filter selects. */
export function firstOfPairs(reader: Reader, filter: DeviceFilter, moment: PointInTime): FirstOf<StoredPairs> {
  return async ({ digest, project, job, reported }, most) => {
    const parameters = new Parameters();
    const same = [
      `s.project = ${parameters.of(project)} AND s.job = ${parameters.of(job)} AND s.runnable = ${parameters.of(reported)}`,
      digest === null ? "t.facts_digest IS NULL" : `t.facts_digest = ${parameters.of(digest)}`,
    ];
    const only = onlyThings("t.thing", filter, moment, parameters);
    const sql = `SELECT t.thing FROM thing t JOIN state s ON s.thing = t.thing WHERE ${allOf(same)}${only} ORDER BY t.thing LIMIT ${most}`;
    return (await reader.all(sql, parameters.values)).map((row) => textIn(row, "thing"));
  };
}

/** The first names of a class of machines. */
export function firstOfClass(reader: Reader): FirstOf<StoredClass> {
  return async ({ digest }, most) => {
    const parameters = new Parameters();
    const same = digest === null ? "facts_digest IS NULL" : `facts_digest = ${parameters.of(digest)}`;
    const sql = `SELECT thing FROM thing WHERE ${same} ORDER BY thing LIMIT ${most}`;
    return (await reader.all(sql, parameters.values)).map((row) => textIn(row, "thing"));
  };
}

function onlyThings(column: string, filter: DeviceFilter, moment: PointInTime, parameters: Parameters): string {
  return isNarrow(filter) ? ` AND ${column} IN (${selectThings(filter, moment, parameters)})` : "";
}
