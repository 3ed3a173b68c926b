import { constants } from "node:fs";
import { join } from "node:path";
import { codeOf, InvalidInputError, type JobFailure, JobUnavailableError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { isCompilationJob, packagingJobOf } from "../job/compilation-job.js";
import { checkJobRef, checkName, type JobRef, PROJECT_NAME_RULE, quoted } from "../job/job-names.js";
import { decodeJobText, MAX_JOB_TEXT_BYTES, parseJobText } from "../job/job-text.js";
import { descriptionOf } from "../job/wire-answer.js";
import { close, fstat, open, read, readdir, stat } from "../platform/file-calls.js";
import type { JobAnswer, JobSource } from "./source.js";

/**
 * A source of saved answers: `path` is one file, or a folder with `<project>/<job>.json`. A file's modification time counts as
 * the time of fetching.
 */
export function fileJobs(path: string): JobSource {
  return {
    name: `file ${path}`,
    async describe(ref, signal) {
      checkJobRef(ref.project, ref.job);
      if (signal?.aborted) throw signal.reason;
      return readJobFile(await fileOf(path, ref));
    },
    async list(project, signal) {
      checkName(project, PROJECT_NAME_RULE);
      if (signal?.aborted) throw signal.reason;
      const found = await stat(path).catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      if (!found.isDirectory()) {
        const { JobName: only, ProjectName: of = project } = descriptionOf((await readJobFile(path)).answer);
        return typeof only === "string" && of === project ? [only] : [];
      }
      const names = await readdir(join(path, project)).catch((cause: unknown) => {
        throw unreadable(join(path, project), cause);
      });
      return names.flatMap((name) => /^([a-zA-Z0-9-]{1,64})\.json$/.exec(name)?.[1] ?? []).sort();
    },
  };
}

/**
 * Reads one saved answer; one of SageMaker's DescribeCompilationJob as the packaging job with the same requirements. Throws as
 * `readAnswerFile` does, also NOT_A_JOB for a compilation job that no packaging job can stand for.
 */
export async function readJobFile(path: string): Promise<JobAnswer> {
  const found = await readAnswerFile(path);
  if (!isObject(found.answer) || !isCompilationJob(found.answer)) return found;
  const mapped = packagingJobOf(found.answer, { project: null, job: null });
  if ("refused" in mapped) throw refused(path, mapped.refused);
  return { ...found, answer: { ModelPackagingDescription: mapped.description }, notes: mapped.guessedTarget };
}

/** Reads one saved answer. Throws JobUnavailableError: NOT_FOUND, DENIED, FAILED, or NOT_A_JOB for a file that is not JSON. */
export async function readAnswerFile(path: string): Promise<JobAnswer> {
  const { bytes, changedAt } = await readRegularFile(path);
  try {
    return { answer: parseJobText(decodeJobText(bytes, path), path), fetchedAt: changedAt.toISOString() };
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    throw new JobUnavailableError(cause.message, "NOT_A_JOB", null, { cause });
  }
}

async function fileOf(path: string, { project, job }: JobRef): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  // Both names have been checked: no slash, no leading dot.
  return found.isDirectory() ? join(path, project, `${job}.json`) : path;
}

async function readRegularFile(path: string): Promise<{ readonly bytes: Uint8Array; readonly changedAt: Date }> {
  try {
    // Check before opening it: opening a pipe blocks, and opening a device may have side effects.
    const found = await stat(path);
    if (!found.isFile()) throw refused(path, `needs a regular file, is ${kindOf(found)}`);
    // Something else may have its name by now, so that opening it must not wait either.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const opened = await fstat(file);
      if (!opened.isFile()) throw refused(path, `needs a regular file, is ${kindOf(opened)}`);
      const { mtime, size } = opened;
      if (size > MAX_JOB_TEXT_BYTES) throw refused(path, `needs at most ${MAX_JOB_TEXT_BYTES} bytes, has ${size}`);
      return { bytes: await readBounded(file, path), changedAt: mtime };
    } finally {
      await close(file);
    }
  } catch (cause) {
    throw cause instanceof JobUnavailableError ? cause : unreadable(path, cause);
  }
}

/** Files under /proc claim to be empty, and a file may grow, so the bytes read are counted. */
async function readBounded(file: number, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65_536);
    const { bytesRead } = await read(file, chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    sizeBytes += bytesRead;
    if (sizeBytes > MAX_JOB_TEXT_BYTES) throw refused(path, `needs at most ${MAX_JOB_TEXT_BYTES} bytes, has more`);
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

function refused(path: string, why: string): JobUnavailableError {
  return new JobUnavailableError(`Cannot read job from ${quoted(path, 300)}: ${why}`, "NOT_A_JOB");
}

const FAILURES: Readonly<Record<string, readonly [JobFailure, string]>> = {
  ENOENT: ["NOT_FOUND", "there is no such file"],
  ENOTDIR: ["NOT_FOUND", "a part of its path is not a folder"],
  EACCES: ["DENIED", "permission denied"],
  EPERM: ["DENIED", "permission denied"],
  ELOOP: ["FAILED", "too many symbolic links"],
  ENAMETOOLONG: ["FAILED", "the path is too long"],
};

function unreadable(path: string, cause: unknown): JobUnavailableError {
  const code = codeOf(cause);
  // An error without a code is a bug. A NUL character in the path has one, though it never reaches the file system.
  if (!(cause instanceof Error) || code === undefined) throw cause;
  const [reason, why] = FAILURES[code] ?? (["FAILED", "reading failed"] as const);
  const message = `Cannot read job from ${quoted(path, 300)}: ${why} (${code})`;
  return new JobUnavailableError(message, reason, null, { cause });
}

function kindOf(found: Awaited<ReturnType<typeof stat>>): string {
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a pipe";
  if (found.isSocket()) return "a socket";
  return "a device";
}
