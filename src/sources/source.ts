import type { JobOrigin, PackagingJob } from "../job/job.js";
import { ALL_JOBS, type JobRef, quoted } from "../job/job-names.js";
import type { Credentials } from "./exchanged-credentials.js";

/** What a source answered. */
export interface JobAnswer {
  /** As DescribeModelPackagingJob answers on the wire, with or without its wrapper. */
  readonly answer: unknown;
  /** When the source gave it: ISO 8601, UTC. */
  readonly fetchedAt: string;
}

/**
 * Where descriptions come from. `describe` throws JobUnavailableError with the reason when it cannot give one,
 * InvalidInputError for names that no job can have, and the signal's reason when aborted.
 */
export interface JobSource {
  /** `api https://…`, `archive https://…`, `file /etc/…` */
  readonly name: string;
  describe(ref: JobRef, signal?: AbortSignal): Promise<JobAnswer>;
  /** The names of a project's jobs that did not fail, in the source's order; throws as `describe` does. */
  list?(project: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** How to reach the API, or an archive that answers like it. */
export interface ApiSettings {
  readonly region: string;
  /** `https://host[:port]`; null for the service's own endpoint in the region. */
  readonly endpoint: string | null;
  /** Credentials, retries and waiting included. */
  readonly timeoutMs: number;
  /** "if-possible": only where a request without a signature was refused and credentials can be had. "never": not even then. */
  readonly signing: "always" | "if-possible" | "never";
  /** Where credentials come from; null: from wherever AWS's client finds them. */
  readonly credentials?: (() => Promise<Credentials>) | null;
}

/** A job, where it came from, and what went wrong without preventing it. */
export interface FoundJob {
  readonly job: PackagingJob;
  readonly origin: JobOrigin;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

/** Finds a job, or throws as JobSource does. */
export type FindJob = (ref: JobRef, signal?: AbortSignal) => Promise<FoundJob>;

/** Lists a project's jobs, or throws as JobSource does. */
export type ListJobs = (project: string) => Promise<readonly string[]>;

/** How messages name a job. */
export function titleOf(ref: JobRef): string {
  if (ref.job === ALL_JOBS) return `the jobs of project ${quoted(ref.project)}`;
  return `job ${quoted(ref.job)} of project ${quoted(ref.project)}`;
}
