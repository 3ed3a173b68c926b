import type { Runnable } from "../../drift/finding.js";
import type { Reader } from "../store/database.js";
import { selectsNothing, selectThings } from "./device-filter.js";
import type { Moment } from "./freshness.js";
import type { Counted } from "./judged-groups.js";
import { Parameters } from "./parameters.js";
import { numberIn, textIn, textOrNull } from "./row-values.js";
import type { DeviceFilter } from "./views.js";
import { runnableIn } from "./worst.js";

/** Pairs of thing and job that are judged alike: of one class of machines, one job, one reported verdict. */
export interface StoredPairs extends Counted {
  /** Of the facts; null where they are not here. */
  readonly digest: string | null;
  readonly project: string;
  readonly job: string;
  readonly reported: Runnable;
}

/** Things of one class of machines; digest null where their facts are not here. */
export interface StoredClass extends Counted {
  readonly digest: string | null;
}

/** The most frequent first. */
export async function pairsOf(reader: Reader, filter: DeviceFilter, moment: Moment): Promise<readonly StoredPairs[]> {
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
    first: [...new Set([textIn(row, "lowest"), textIn(row, "highest")])],
  }));
}

/** All things, or those of a filter; the most frequent class first. */
export async function classesOf(reader: Reader, filter: DeviceFilter, moment: Moment): Promise<readonly StoredClass[]> {
  if (selectsNothing(filter)) return [];
  const parameters = new Parameters();
  const only = onlyThings("t.thing", filter, moment, parameters);
  const sql = `SELECT t.facts_digest, count(*) AS things, min(t.thing) AS lowest, max(t.thing) AS highest FROM thing t WHERE 1 = 1${only} GROUP BY t.facts_digest ORDER BY things DESC`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({
    digest: textOrNull(row, "facts_digest"),
    things: numberIn(row, "things"),
    first: [...new Set([textIn(row, "lowest"), textIn(row, "highest")])],
  }));
}

function onlyThings(column: string, filter: DeviceFilter, moment: Moment, parameters: Parameters): string {
  const { at: _, ...selects } = filter;
  const isAll = Object.values(selects).every((value) => value === undefined || value === "");
  return isAll ? "" : ` AND ${column} IN (${selectThings(filter, moment, parameters)})`;
}
