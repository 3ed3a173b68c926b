import type { JobRef } from "../job/job-names.js";
import type { FindJob, FoundJob } from "./source.js";

/** Finds jobs, some of them before anyone asks. */
export interface JobsAhead<S> {
  /** Looks for a job that will probably be asked for; the outcome waits, a failure too. */
  ahead(source: S, ref: JobRef): void;
  /** Finds as `otherwise` does; a job that was looked for ahead, in the same source, is not asked for again. */
  find(source: S, otherwise: FindJob): FindJob;
}

/** Looks ahead by `find`, which tells how to search a source; sources are plain JSON and the same when they look the same. */
export function jobsAhead<S>(find: (source: S) => FindJob): JobsAhead<S> {
  const waiting = new Map<string, Promise<FoundJob>>();
  const keyOf = (source: S, { project, job }: JobRef) => JSON.stringify([source, project, job]);
  return {
    ahead(source, ref) {
      const found = find(source)(ref);
      found.catch(() => undefined);
      waiting.set(keyOf(source, ref), found);
    },
    find: (source, otherwise) => (ref, signal) => waiting.get(keyOf(source, ref)) ?? otherwise(ref, signal),
  };
}
