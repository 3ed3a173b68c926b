import { compareTexts } from "../../base/text.js";
import { preflight } from "../../drift/preflight.js";
import type { Reader } from "../store/database.js";
import { isUnstorable } from "./device-filter.js";
import { changeFor } from "./judge-job.js";
import type { DeviceJob } from "./judged-views.js";
import type { MachineClass } from "./machine-classes.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import type { CatalogJob } from "./questions.js";
import { textOrNull } from "./row-values.js";
import type { Page, Paged } from "./views.js";
import { decidingFinding } from "./what-if.js";

/** The class of a thing's machine; null if its facts are not stored. */
export async function factsDigestOf(reader: Reader, thing: string): Promise<string | null> {
  if (isUnstorable(thing)) return null;
  const [row] = await reader.all("SELECT facts_digest FROM thing WHERE thing = $1", [thing]);
  return row === undefined ? null : textOrNull(row, "facts_digest");
}

/**
 * The jobs that a machine could run, judged by the current rules on its facts: a page of the described jobs, by project
 * and name.
 */
export function judgeMachine(
  machine: MachineClass,
  described: readonly CatalogJob[],
  page: Page,
  now: string,
): Paged<DeviceJob> {
  const limit = limitOf(page);
  const after = partsOf(page.after, ["", ""]);
  const jobs = [...described]
    .sort(byName)
    .filter(({ project, job }) => after === null || byName({ project, job }, { project: after[0], job: after[1] }) > 0)
    .slice(0, limit + 1);
  const asked = jobs.map(({ project, job, description }) => ({ project, name: job, job: description }));
  const judged = [...preflight(asked, [machine], now)].map((pair): DeviceJob => {
    const finding = decidingFinding(pair.verdict);
    return {
      project: pair.job.project,
      job: pair.job.name,
      runnable: pair.verdict.runnable,
      rule: finding?.rule ?? null,
      expected: finding?.expected ?? null,
      actual: finding?.actual ?? null,
      because: finding?.because ?? null,
      change: changeFor(pair),
    };
  });
  return pageOf(judged, limit, ({ project, job }) => keyOf(project, job));
}

type Named = Pick<CatalogJob, "project" | "job">;

function byName(a: Named, b: Named): number {
  return compareTexts(a.project, b.project) || compareTexts(a.job, b.job);
}
