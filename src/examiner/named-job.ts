import type { JobChoice } from "../config/settings.js";
import { type JobRef, NEO_PROJECT } from "../job/job-names.js";

/** The job that a choice names; null where it has to be found by its component, or there is none to look up. */
export function namedJob({ project, job, compilationJob }: JobChoice): JobRef | null {
  if (compilationJob !== null) return { project: NEO_PROJECT, job: compilationJob };
  return project === null || job === null ? null : { project, job };
}
