import { JobUnavailableError } from "../base/errors.js";
import type { JobRef } from "../job/job-names.js";
import type { FindJob, FoundJob } from "./source.js";

/** Finds jobs, and can start to do so before they are requested. */
export interface JobsAhead<S> {
  /**
   * Starts to find a job that will probably be requested; remembers the outcome, even a failure, except one that asking the
   * nucleus for credentials may prevent: before the request, the nucleus cannot be asked.
   */
  ahead(source: S, ref: JobRef): void;
  /** Finds jobs as `otherwise` does, but does not repeat a request that was started ahead for the same source. */
  find(source: S, otherwise: FindJob): FindJob;
}

/** `find` returns the lookup for a source. Sources are plain JSON, and are compared as such. */
export function jobsAhead<S>(find: (source: S) => FindJob): JobsAhead<S> {
  const waiting = new Map<string, Promise<FoundJob>>();
  const keyOf = (source: S, { project, job }: JobRef) => JSON.stringify([source, project, job]);
  return {
    ahead(source, ref) {
      const key = keyOf(source, ref);
      const found = find(source)(ref);
      waiting.set(key, found);
      found.catch((error: unknown) => {
        if (mayLackCredentials(error)) waiting.delete(key);
      });
    },
    find: (source, otherwise) => (ref, signal) => waiting.get(keyOf(source, ref)) ?? otherwise(ref, signal),
  };
}

function mayLackCredentials(error: unknown): boolean {
  return error instanceof JobUnavailableError && (error.reason === "DENIED" || error.reason === "TIMEOUT");
}
