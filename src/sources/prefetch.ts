import type { JobRef } from "../job/job-names.js";
import type { FindJob, FoundJob } from "./source.js";

/** Finds jobs, and can start to do so before they are requested. */
export interface JobPrefetch<S> {
  /** Starts to find a job that will probably be requested; remembers the outcome, even a failure. */
  prefetch(source: S, ref: JobRef): void;
  /**
   * Finds jobs as `otherwise` does, but does not repeat a request that was started ahead for the same source, except one that
   * failed while it had no credentials: before the check, the nucleus cannot be asked for them.
   */
  find(source: S, otherwise: FindJob): FindJob;
}

/**
 * `find` returns the lookup for a source. Sources are plain JSON, and are compared as such. `awaitsCredentials` says whether
 * credentials were requested and are not there yet.
 */
export function jobPrefetch<S>(find: (source: S) => FindJob, awaitsCredentials: () => boolean): JobPrefetch<S> {
  /** Resolves to null where the lookup is to be repeated. */
  const waiting = new Map<string, Promise<FoundJob | null>>();
  const keyOf = (source: S, { project, job }: JobRef) => JSON.stringify([source, project, job]);
  return {
    prefetch(source, ref) {
      const outcome = find(source)(ref).then(
        // A stored copy means that the call failed.
        (found) => (found.origin.stale !== null && awaitsCredentials() ? null : found),
        (error: unknown) => {
          if (awaitsCredentials()) return null;
          throw error;
        },
      );
      outcome.catch(() => undefined);
      waiting.set(keyOf(source, ref), outcome);
    },
    find: (source, otherwise) => async (ref, signal) =>
      (await waiting.get(keyOf(source, ref))) ?? otherwise(ref, signal),
  };
}
