import { InvalidInputError, JobUnavailableError, messageOf } from "../base/errors.js";
import { isObject } from "../base/json.js";
import type { JobOrigin, PackagingJob } from "../job/job.js";
import { ALL_JOBS, checkJobRef, type JobRef, quoted } from "../job/job-names.js";
import { parseJob } from "../job/parse-job.js";
import { canonicalAnswer } from "../job/wire-answer.js";

/** What a source gave. */
export interface JobAnswer {
  /** As DescribeModelPackagingJob answers on the wire, with or without its wrapper. */
  readonly answer: unknown;
  /** When the source gave it: ISO 8601, UTC. */
  readonly fetchedAt: string;
}

/**
 * Where descriptions come from. `describe` throws JobUnavailableError with its reason when there is none to be had,
 * InvalidInputError for names that no job can have, and the signal's reason when aborted.
 */
export interface JobSource {
  /** `api https://…`, `file /etc/…`, … */
  readonly name: string;
  describe(ref: JobRef, signal?: AbortSignal): Promise<JobAnswer>;
  /** The names of a project's jobs that may have made a package, in the source's order; throws as `describe` does. */
  list?(project: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** How to reach an API of DescribeModelPackagingJob's wire shape. */
export interface ApiSettings {
  readonly region: string;
  /** `https://host[:port]`; null for the service's own endpoint in the region. */
  readonly endpoint: string | null;
  /** Over everything: credentials, retries and waiting included. */
  readonly timeoutMs: number;
  /** "if-possible": without a signature where no credentials can be had soon. "never": none are looked for. */
  readonly signing: "always" | "if-possible" | "never";
}

/** The last good copies, one text for each job. Every call throws what the file system threw. */
export interface JobCopies {
  /** Null when there is none. */
  read(ref: JobRef): Promise<string | null>;
  /** All or nothing, and on disk when it resolves. */
  write(ref: JobRef, text: string): Promise<void>;
  /** Takes a copy out of use without deleting it; resolves to where it is now. */
  setAside(ref: JobRef): Promise<string>;
  /** The names of a project's jobs of which there are copies, in alphabetical order. */
  list(project: string): Promise<readonly string[]>;
}

/** A job, where it came from, and what went wrong on the way that did not prevent it. */
export interface FoundJob {
  readonly job: PackagingJob;
  readonly origin: JobOrigin;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

/** Finds a job, or throws as JobSource does. */
export type FindJob = (ref: JobRef, signal?: AbortSignal) => Promise<FoundJob>;

/**
 * Asks the source; keeps each good answer, and answers with the last one kept when the source cannot, whatever the
 * reason: a job that is not found any more is still what the package was made for. `sha256` gives hexadecimal.
 */
export function sourceWithCopies(source: JobSource, copies: JobCopies, sha256: (text: string) => string): FindJob {
  return async (ref, signal) => {
    checkJobRef(ref.project, ref.job);
    let failure: JobUnavailableError;
    try {
      return await fresh(source, copies, sha256, ref, signal);
    } catch (error) {
      if (!(error instanceof JobUnavailableError) || signal?.aborted) throw error;
      failure = error;
    }
    return await lastGood(failure, copies, sha256, ref);
  };
}

/** Lists a project's jobs, or throws as JobSource does. */
export type ListJobs = (project: string) => Promise<readonly string[]>;

/** Asks the source for the project's jobs; when it cannot tell, the jobs of which there are copies are all that is known. */
export function listWithCopies(source: JobSource, copies: JobCopies): ListJobs {
  return async (project) => {
    try {
      if (source.list !== undefined) return await source.list(project);
      throw new JobUnavailableError(`Cannot list jobs: ${source.name} has no list`, "FAILED");
    } catch (error) {
      if (!(error instanceof JobUnavailableError)) throw error;
      const kept = await copies.list(project).catch(() => []);
      if (kept.length === 0) throw error;
      return kept;
    }
  };
}

const SCHEMA = "packdrift.job-copy/1";

interface Copy extends JobAnswer {
  readonly schema: typeof SCHEMA;
  readonly project: string;
  readonly job: string;
  readonly source: string;
  /** Of the canonical answer. */
  readonly digest: string;
}

async function fresh(
  source: JobSource,
  copies: JobCopies,
  sha256: (text: string) => string,
  ref: JobRef,
  signal: AbortSignal | undefined,
): Promise<FoundJob> {
  const { answer, fetchedAt } = await source.describe(ref, signal);
  const job = read(source, ref, answer);
  const digest = sha256(canonicalAnswer(answer));
  const copy: Copy = {
    schema: SCHEMA,
    project: ref.project,
    job: ref.job,
    source: source.name,
    fetchedAt,
    digest,
    answer,
  };
  const warnings: string[] = [];
  try {
    await copies.write(ref, `${JSON.stringify(copy)}\n`);
  } catch (error) {
    warnings.push(`Cannot keep the last good copy of ${titleOf(ref)}: ${messageOf(error)}`);
  }
  return { job, origin: { source: source.name, fetchedAt, digest, stale: null }, warnings };
}

function read(source: JobSource, ref: JobRef, answer: unknown): PackagingJob {
  let job: PackagingJob;
  try {
    job = parseJob(answer);
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    const message = `Cannot get ${titleOf(ref)} from ${source.name}: ${cause.message}`;
    throw new JobUnavailableError(message, "NOT_A_JOB", null, { cause });
  }
  const other = otherJob(ref, job) ?? (tellsNothing(job) ? "the answer says nothing about a job" : null);
  if (other === null) return job;
  throw new JobUnavailableError(`Cannot get ${titleOf(ref)} from ${source.name}: ${other}`, "NOT_A_JOB");
}

async function lastGood(
  failure: JobUnavailableError,
  copies: JobCopies,
  sha256: (text: string) => string,
  ref: JobRef,
): Promise<FoundJob> {
  let text: string | null;
  try {
    text = await copies.read(ref);
  } catch (error) {
    throw withMore(failure, `the last good copy cannot be read: ${messageOf(error)}`);
  }
  if (text === null) throw failure;
  const copy = parseCopy(text, ref, sha256);
  if (typeof copy === "string") {
    const place = await copies.setAside(ref).catch((error: unknown) => `where it was (${messageOf(error)})`);
    throw withMore(failure, `the last good copy is damaged (${copy}) and lies aside as ${place}`);
  }
  const { job, kept } = copy;
  const stale = { reason: failure.reason, message: failure.message };
  return { job, origin: { source: kept.source, fetchedAt: kept.fetchedAt, digest: kept.digest, stale }, warnings: [] };
}

/** The copy, or what is wrong with it. */
function parseCopy(
  text: string,
  ref: JobRef,
  sha256: (text: string) => string,
): { readonly job: PackagingJob; readonly kept: Copy } | string {
  try {
    const kept: unknown = JSON.parse(text);
    if (!isCopy(kept)) return `it is no ${SCHEMA}`;
    if (kept.project !== ref.project || kept.job !== ref.job) return `it is of ${titleOf(kept)}`;
    const job = parseJob(kept.answer);
    if (sha256(canonicalAnswer(kept.answer)) !== kept.digest) return "its digest does not match";
    return otherJob(ref, job) ?? { job, kept };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidInputError) return error.message;
    throw error;
  }
}

function isCopy(value: unknown): value is Copy {
  return (
    isObject(value) &&
    value.schema === SCHEMA &&
    ["project", "job", "source", "digest"].every((member) => typeof value[member] === "string") &&
    typeof value.fetchedAt === "string" &&
    !Number.isNaN(Date.parse(value.fetchedAt))
  );
}

/** Names that an answer does not tell cannot be wrong. */
function otherJob(ref: JobRef, job: PackagingJob): string | null {
  const same = (job.project ?? ref.project) === ref.project && (job.name ?? ref.job) === ref.job;
  if (same) return null;
  return `it describes ${titleOf({ project: job.project ?? ref.project, job: job.name ?? ref.job })}`;
}

function tellsNothing(job: PackagingJob): boolean {
  const told = [job.name, job.project, job.status, job.modelVersion, job.component.name, job.targetDevice];
  return job.targetPlatform === null && told.every((member) => member === null);
}

function withMore(failure: JobUnavailableError, more: string): JobUnavailableError {
  const message = `${failure.message}; ${more}`;
  return new JobUnavailableError(message, failure.reason, failure.retryAfterSeconds, { cause: failure });
}

/** A job as messages name it. */
export function titleOf(ref: JobRef): string {
  if (ref.job === ALL_JOBS) return `the jobs of project ${quoted(ref.project)}`;
  return `job ${quoted(ref.job)} of project ${quoted(ref.project)}`;
}
