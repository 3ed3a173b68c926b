import { InvalidInputError, JobUnavailableError } from "../base/errors.js";
import type { JobOrigin, PackagingJob } from "../job/job.js";
import { checkJobRef, type JobRef, quoted } from "../job/job-names.js";
import { parseJob } from "../job/parse-job.js";
import { canonicalAnswer, NotAJobError } from "../job/wire-answer.js";
import { sha256Hex } from "../platform/digest.js";
import { readJobFile } from "./job-files.js";
import { type JobAnswer, type JobSource, titleOf } from "./source.js";

/** A job, and the origin of its description. */
export interface DescribedJob {
  readonly job: PackagingJob;
  readonly origin: JobOrigin;
}

/**
 * Asks a source for one job. Throws as JobSource does, and JobUnavailableError with NOT_A_JOB when the answer is not a job or
 * describes a different one: a source can answer anything.
 */
export async function describeJob(
  source: JobSource,
  ref: JobRef,
  signal?: AbortSignal,
): Promise<DescribedJob & Required<Omit<JobAnswer, "source">>> {
  checkJobRef(ref.project, ref.job);
  const { answer, fetchedAt, source: name = source.name, notes = [] } = await source.describe(ref, signal);
  const cannot = `Cannot get ${titleOf(ref)} from ${name}`;
  const job = jobIn(answer, cannot);
  const other = otherJob(ref, job) ?? (saysNothing(job) ? "the answer says nothing about a job" : null);
  if (other !== null) throw new JobUnavailableError(`${cannot}: ${other}`, "NOT_A_JOB");
  return { job, origin: originOf(name, answer, fetchedAt), answer, fetchedAt, notes };
}

/** Reads the job from a saved answer. Throws JobUnavailableError. */
export async function readSavedJob(path: string): Promise<DescribedJob> {
  const { answer, fetchedAt } = await readJobFile(path);
  return savedJobIn(answer, { name: path, source: `file ${path}`, fetchedAt });
}

/** The job in a saved answer; `name` is what messages call the answer. Throws JobUnavailableError with NOT_A_JOB. */
export function savedJobIn(
  answer: unknown,
  { name, source, fetchedAt }: { readonly name: string; readonly source: string; readonly fetchedAt: string },
): DescribedJob {
  const job = jobIn(answer, `Cannot read job from ${quoted(name, 300)}`);
  return { job, origin: originOf(source, answer, fetchedAt) };
}

/** The result of a lookup, or the expected error that it threw. Any other error is a bug, and is rethrown. */
export async function foundOrFailure<T>(
  find: () => Promise<T>,
): Promise<{ readonly found: T } | { readonly failure: JobUnavailableError | InvalidInputError }> {
  try {
    return { found: await find() };
  } catch (failure) {
    if (failure instanceof JobUnavailableError || failure instanceof InvalidInputError) return { failure };
    throw failure;
  }
}

/** How the described job differs from the requested one, or null. A name missing from the answer does not count. */
export function otherJob(ref: JobRef, job: PackagingJob): string | null {
  const { project, name } = { project: job.project ?? ref.project, name: job.name ?? ref.job };
  if (project === ref.project && name === ref.job) return null;
  return `it describes ${titleOf({ project, job: name })}`;
}

function jobIn(answer: unknown, cannot: string): PackagingJob {
  try {
    return parseJob(answer);
  } catch (cause) {
    if (!(cause instanceof NotAJobError)) throw cause;
    throw new JobUnavailableError(`${cannot}: ${cause.why}`, "NOT_A_JOB", null, { cause });
  }
}

function originOf(source: string, answer: unknown, fetchedAt: string): JobOrigin {
  return { source, fetchedAt, digest: sha256Hex(canonicalAnswer(answer)), stale: null };
}

/** Whether a description has nothing that could identify a job. */
export function saysNothing(job: PackagingJob): boolean {
  const members = [job.name, job.project, job.status, job.modelVersion, job.component.name, job.targetDevice];
  return job.targetPlatform === null && members.every((member) => member === null);
}
