import type { JobOrigin, PackagingJob } from "../job/job.js";
import { ALL_JOBS, type JobRef, NEO_PROJECT, quoted } from "../job/job-names.js";
import type { TemporaryCredentials } from "./exchanged-credentials.js";

/** An answer from a source. */
export interface JobAnswer {
  /** The wire format of DescribeModelPackagingJob's response, with or without its wrapper. */
  readonly answer: unknown;
  /** When the source answered: ISO 8601, UTC. */
  readonly fetchedAt: string;
  /** The name of the source that answered, where it is one of several. */
  readonly source?: string;
  /** Sentences for the log: what the source had to guess. */
  readonly notes?: readonly string[];
}

/**
 * A source of job descriptions. `describe` throws JobUnavailableError with the reason when it has no description,
 * InvalidInputError for names that no job can have, and the signal's reason when aborted.
 */
export interface JobSource {
  /** `api https://…`, `archive https://…`, `file /etc/…`, `sagemaker https://…` */
  readonly name: string;
  describe(ref: JobRef, signal?: AbortSignal): Promise<JobAnswer>;
  /** The names of a project's jobs that did not fail, in the source's order; throws as `describe` does. */
  list?(project: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** Wraps a source so that every call goes through `intercept`. */
export function interceptSource(
  source: JobSource,
  intercept: <T>(ref: JobRef, call: () => Promise<T>) => Promise<T>,
): JobSource {
  const { list } = source;
  return {
    name: source.name,
    describe: (ref, signal) => intercept(ref, () => source.describe(ref, signal)),
    ...(list && {
      list: (project, signal) => intercept({ project, job: ALL_JOBS }, () => list.call(source, project, signal)),
    }),
  };
}

/** Access to the API, or to an archive that answers like it. */
export interface ApiSettings {
  readonly region: string;
  /** `https://host[:port]`; null for the service's own endpoint in the region. */
  readonly endpoint: string | null;
  /** For the whole call: credentials, retries and waits included. */
  readonly timeoutMs: number;
  /** "if-possible": signs only after an unsigned request was refused, and if there are credentials. "never": not even then. */
  readonly signing: "always" | "if-possible" | "never";
  /** Gets credentials; null: AWS's client finds them itself. */
  readonly credentials?: (() => Promise<TemporaryCredentials>) | null;
}

/** A job, its origin, and any problems that did not prevent finding it. */
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

/** The name of a job in messages. */
export function titleOf(ref: JobRef): string {
  if (ref.project === NEO_PROJECT && ref.job !== ALL_JOBS) return `compilation job ${quoted(ref.job)}`;
  if (ref.job === ALL_JOBS) return `the jobs of project ${quoted(ref.project)}`;
  return `job ${quoted(ref.job)} of project ${quoted(ref.project)}`;
}
