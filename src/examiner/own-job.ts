import { InvalidInputError, JobUnavailableError } from "../base/errors.js";
import type { Deployed } from "../drift/deployed.js";
import type { Finding } from "../drift/finding.js";
import { fingerprint } from "../drift/fingerprint.js";
import { compareComponentVersions } from "../drift/rules/component.js";
import { SOURCES } from "../drift/sources.js";
import { PATHS } from "../job/requirements.js";
import type { FindJob, FoundJob, ListJobs } from "../sources/source.js";

/** The job that made a deployed component, or why it could not be determined. */
type OwnJob =
  | { readonly kind: "found"; readonly found: FoundJob; readonly job: string }
  | { readonly kind: "unclear"; readonly reason: string; readonly message: string; readonly choice: Finding };

/** Each candidate costs a request, and the service accepts five a second for the whole account; `findJob` limits the rate. */
const MOST_JOBS = 200;
const MOST_SHOWN = 10;

/**
 * Finds the job of a project that made the deployed version of the component. When the version is not known, jobs match by the
 * component's name alone, so that a single candidate is still found. Throws as ListJobs does; a candidate that cannot be read
 * is skipped and named in the result.
 */
export async function findOwnJob(
  project: string,
  deployed: Deployed,
  { listJobs, findJob }: { readonly listJobs: ListJobs; readonly findJob: FindJob },
): Promise<OwnJob> {
  const names = await listJobs(project);
  const makers: { readonly job: string; readonly found: FoundJob }[] = [];
  const unread: string[] = [];
  const looked = names.slice(0, MOST_JOBS);
  const answers = await Promise.all(looked.map((job) => candidate(() => findJob({ project, job }))));
  answers.forEach((found, at) => {
    const job = looked[at] ?? "";
    if (found === null) unread.push(job);
    else if (found.job.component.name === deployed.name) makers.push({ job, found });
  });
  const version = deployed.version.state === "known" ? deployed.version.value : null;
  const same =
    version === null
      ? makers
      : makers.filter(({ found }) => compareComponentVersions(found.job.component.version ?? "", version) === "SAME");
  // A failed job left no package, so it counts only when there is no other.
  const succeeded = same.filter(({ found }) => found.job.status !== "FAILED");
  const fitting = succeeded.length > 0 ? succeeded : same;
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) return { kind: "found", ...only };

  const wanted = version === null ? deployed.name : `${deployed.name} ${version}`;
  const described = ({ job, found }: (typeof makers)[number]) =>
    `${job} (${found.job.component.version ?? "no version"})`;
  const shown = (fitting.length > 0 ? fitting : makers).map(described);
  const listed = shown.slice(0, MOST_SHOWN).join(", ") + (shown.length > MOST_SHOWN ? ", …" : "");
  const count = names.length > MOST_JOBS ? `${MOST_JOBS} of ${names.length}` : `${names.length}`;
  const because =
    fitting.length > 0
      ? `${fitting.length} jobs of project ${project} made ${wanted}, and it is not known which of them made the deployed one: ${listed}`
      : `None of the ${count} jobs of project ${project} made ${wanted}${makers.length > 0 ? `; the component was made by ${listed}` : ""}`;
  const left =
    unread.length === 0 ? "" : `; ${unread.length} could not be read: ${unread.slice(0, MOST_SHOWN).join(", ")}`;
  const statement = {
    rule: "component.deployed",
    path: PATHS.outputName,
    expected: `one job that made ${wanted}`,
    actual: listed === "" ? "none" : listed,
  } as const;
  return {
    kind: "unclear",
    reason: fitting.length > 0 ? "AMBIGUOUS" : "NOT_FOUND",
    message: `${because}${left}`,
    choice: {
      ...statement,
      outcome: "UNKNOWN",
      severity: "WARNING",
      because: `${because}${left}`,
      evidence: [
        { from: deployed.version.from, value: version ?? "version not known" },
        ...makers.slice(0, MOST_SHOWN).map((maker) => ({ from: `job ${maker.job}`, value: described(maker) })),
        { from: "rule", value: SOURCES.component },
      ],
      remedy: [`Name the job in the setting "jobs": {project: ${project}, job: …}`],
      fingerprint: fingerprint([statement.rule, statement.path, statement.expected, statement.actual]),
    },
  };
}

/** The job; null if it cannot be read. */
async function candidate(find: () => Promise<FoundJob>): Promise<FoundJob | null> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof JobUnavailableError || error instanceof InvalidInputError)) throw error;
    return null;
  }
}
