import type { Runnable } from "../../drift/finding.js";
import type { Reader, Row } from "../store/database.js";
import { isUnstorable, statesAtSql } from "./device-filter.js";
import { NO_DRIFT, NO_RUNNABLE } from "./fleet-summary.js";
import type { PointInTime } from "./freshness.js";
import type { JobItem } from "./judged-views.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import { Parameters } from "./parameters.js";
import type { CatalogJob } from "./questions.js";
import { numberIn, textIn } from "./row-values.js";
import { driftIn, runnableIn } from "./verdict-rank.js";
import type { Page, Paged } from "./views.js";

/** Jobs that things report, and those described; by project and name. */
export async function groupJobs(
  reader: Reader,
  described: readonly CatalogJob[],
  moment: PointInTime,
): Promise<readonly JobItem[]> {
  const parameters = new Parameters();
  const from = moment.isNow ? "state" : `(${statesAtSql(null, moment, parameters)})`;
  // '' stands for a device with nothing to check.
  const sql = `SELECT s.project, s.job, s.runnable, s.drift, count(*) AS things FROM ${from} s WHERE s.job <> '' GROUP BY s.project, s.job, s.runnable, s.drift LIMIT ${MOST_GROUPS}`;
  const items = new Map<string, JobItem>();
  const itemOf = (project: string, job: string) =>
    items.get(keyOf(project, job)) ?? {
      project,
      job,
      described: described.some((one) => one.project === project && one.job === job),
      things: 0,
      drift: NO_DRIFT,
      runnable: NO_RUNNABLE,
    };
  for (const { project, job } of described) items.set(keyOf(project, job), itemOf(project, job));
  for (const row of await reader.all(sql, parameters.values)) {
    const item = itemOf(textIn(row, "project"), textIn(row, "job"));
    items.set(keyOf(item.project, item.job), withGroup(item, row));
  }
  return [...items.values()].sort(byName);
}

/** A page of them. */
export function pageOfJobs(jobs: readonly JobItem[], page: Page): Paged<JobItem> {
  const limit = limitOf(page);
  const after = partsOf(page.after, ["", ""]);
  const left = jobs.filter((item) => after === null || byName({ project: after[0], job: after[1] }, item) < 0);
  return pageOf(left, limit, ({ project, job }) => keyOf(project, job));
}

/** How many things report each verdict of a job. */
export async function reportedOf(
  reader: Reader,
  project: string,
  job: string,
  moment: PointInTime,
): Promise<Readonly<Record<Runnable, number>>> {
  if (isUnstorable(project) || isUnstorable(job)) return NO_RUNNABLE;
  const parameters = new Parameters();
  const from = moment.isNow ? "state" : `(${statesAtSql(null, moment, parameters)})`;
  const sql = `SELECT s.runnable, count(*) AS things FROM ${from} s WHERE s.project = ${parameters.of(project)} AND s.job = ${parameters.of(job)} GROUP BY s.runnable`;
  const counts = { ...NO_RUNNABLE };
  for (const row of await reader.all(sql, parameters.values)) {
    counts[runnableIn(textIn(row, "runnable"))] += numberIn(row, "things");
  }
  return counts;
}

const MOST_GROUPS = 100_000;

function withGroup(item: JobItem, row: Row): JobItem {
  const [runnable, drift] = [runnableIn(textIn(row, "runnable")), driftIn(textIn(row, "drift"))];
  const things = numberIn(row, "things");
  return {
    ...item,
    things: item.things + things,
    drift: { ...item.drift, [drift]: item.drift[drift] + things },
    runnable: { ...item.runnable, [runnable]: item.runnable[runnable] + things },
  };
}

type Name = Pick<JobItem, "project" | "job">;

function byName(a: Name, b: Name): number {
  const compare = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0);
  return compare(a.project, b.project) || compare(a.job, b.job);
}
