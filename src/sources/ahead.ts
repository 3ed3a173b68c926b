import type { JobRef } from "../job/job-names.js";
import type { FindJob, FoundJob } from "./source.js";

/** Finds jobs, some of them ahead of the request. */
export interface JobsAhead<S> {
  /** Starts to find a job that will probably be requested; its outcome is kept, a failure too. */
  ahead(source: S, ref: JobRef): void;
  /** Finds as `otherwise` does; a job already requested ahead from the same source is not requested again. */
  find(source: S, otherwise: FindJob): FindJob;
}

/** `find` gives the way to find jobs in a source. Sources are plain JSON, and equal when their JSON is. */
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
