import { InvalidInputError, JobUnavailableError, messageOf } from "../base/errors.js";
import { isObject } from "../base/json.js";
import type { PackagingJob } from "../job/job.js";
import type { JobRef } from "../job/job-names.js";
import { parseJob } from "../job/parse-job.js";
import { canonicalAnswer } from "../job/wire-answer.js";
import { sha256Hex } from "../platform/digest.js";
import { describeJob, otherJob } from "./lookup.js";
import { type FindJob, type FoundJob, type JobAnswer, type JobSource, type ListJobs, titleOf } from "./source.js";

/** The last good copies, one text for each job. Every call throws file system errors. */
export interface JobCopies {
  /** Null if there is no copy. */
  read(ref: JobRef): Promise<string | null>;
  /** Atomic; the copy is on disk when this resolves. */
  write(ref: JobRef, text: string): Promise<void>;
  /** Moves a copy aside without deleting it; resolves to its new path. */
  setAside(ref: JobRef): Promise<string>;
  /** The names of a project's jobs that have copies, in alphabetical order. */
  list(project: string): Promise<readonly string[]>;
}

/**
 * Asks the source and stores each good answer. When the source fails, for any reason, returns the stored copy: even a job that
 * no longer exists still describes the target that the package was made for.
 */
export function sourceWithCopies(source: JobSource, copies: JobCopies): FindJob {
  return async (ref, signal) => {
    let failure: JobUnavailableError;
    try {
      return await fresh(source, copies, ref, signal);
    } catch (error) {
      if (!(error instanceof JobUnavailableError) || signal?.aborted) throw error;
      failure = error;
    }
    return await lastGood(failure, copies, ref);
  };
}

/** Asks the source for the project's jobs. When it fails, the jobs with a stored copy are all that is known. */
export function listWithCopies(source: JobSource, copies: JobCopies): ListJobs {
  return async (project) => {
    try {
      if (source.list !== undefined) return await source.list(project);
      throw new JobUnavailableError(`Cannot list jobs: ${source.name} has no list`, "FAILED");
    } catch (error) {
      if (!(error instanceof JobUnavailableError)) throw error;
      const stored = await copies.list(project).catch(() => []);
      if (stored.length === 0) throw error;
      return stored;
    }
  };
}

const SCHEMA = "packdrift.job-copy/1";

interface Copy extends JobAnswer {
  readonly schema: typeof SCHEMA;
  readonly project: string;
  readonly job: string;
  readonly source: string;
  /** The SHA-256 of the canonical answer. */
  readonly digest: string;
}

async function fresh(
  source: JobSource,
  copies: JobCopies,
  ref: JobRef,
  signal: AbortSignal | undefined,
): Promise<FoundJob> {
  const { job, origin, answer, fetchedAt, notes } = await describeJob(source, ref, signal);
  const copy: Copy = {
    schema: SCHEMA,
    project: ref.project,
    job: ref.job,
    source: origin.source,
    fetchedAt,
    digest: origin.digest,
    answer,
  };
  const warnings = [...notes];
  try {
    await copies.write(ref, `${JSON.stringify(copy)}\n`);
  } catch (error) {
    warnings.push(`Cannot store the last good copy of ${titleOf(ref)}: ${messageOf(error)}`);
  }
  return { job, origin, warnings };
}

async function lastGood(failure: JobUnavailableError, copies: JobCopies, ref: JobRef): Promise<FoundJob> {
  let text: string | null;
  try {
    text = await copies.read(ref);
  } catch (error) {
    throw withMore(failure, `the last good copy cannot be read: ${messageOf(error)}`);
  }
  if (text === null) throw failure;
  const parsed = parseCopy(text, ref);
  if (typeof parsed === "string") {
    const moved = await copies.setAside(ref).then(
      (path) => `was moved to ${path}`,
      (error: unknown) => `could not be moved aside: ${messageOf(error)}`,
    );
    throw withMore(failure, `the last good copy is damaged (${parsed}) and ${moved}`);
  }
  const { job, copy } = parsed;
  const stale = { reason: failure.reason, message: failure.message };
  return { job, origin: { source: copy.source, fetchedAt: copy.fetchedAt, digest: copy.digest, stale }, warnings: [] };
}

/** The parsed copy, or what is wrong with it. */
function parseCopy(text: string, ref: JobRef): { readonly job: PackagingJob; readonly copy: Copy } | string {
  try {
    const copy: unknown = JSON.parse(text);
    if (!isCopy(copy)) return `it is not a ${SCHEMA}`;
    if (copy.project !== ref.project || copy.job !== ref.job) return `it describes ${titleOf(copy)}`;
    const job = parseJob(copy.answer);
    if (sha256Hex(canonicalAnswer(copy.answer)) !== copy.digest) return "its digest does not match";
    return otherJob(ref, job) ?? { job, copy };
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

function withMore(failure: JobUnavailableError, more: string): JobUnavailableError {
  const message = `${failure.message}; ${more}`;
  return new JobUnavailableError(message, failure.reason, failure.retryAfterSeconds, { cause: failure });
}
