import { constants, readSync, type Stats } from "node:fs";
import { codeOf, InvalidInputError } from "../../base/errors.js";
import type { JobRef } from "../../job/job-names.js";
import { decodeJobText, MAX_JOB_TEXT_BYTES } from "../../job/job-text.js";
import { UnsafeFileError, withRegularFile } from "../../platform/safe-files.js";
import { parseStoredJob, type StoredJob } from "./stored-job.js";

/** Identifies a version of a file. */
interface FileVersion {
  readonly changedMs: number;
  readonly size: number;
  readonly inode: number;
}

/** A job and the version of the file that it was read from. */
export interface ReadJob extends FileVersion {
  readonly job: StoredJob;
}

/** A file that holds no job that can be used. */
interface UnreadableJob extends FileVersion {
  readonly why: string;
}

/**
 * Reads a job's file; null if it does not exist. Throws when the file system fails. Synchronous, because handing a file this
 * small to the thread pool takes three times as long as reading it.
 */
export function readJob(path: string, ref: JobRef): ReadJob | UnreadableJob | null {
  try {
    return withRegularFile(path, constants.O_RDONLY, (file, stats) => jobIn(file, stats, ref), "it");
  } catch (error) {
    const code = codeOf(error) ?? "";
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (error instanceof UnsafeFileError) return { ...NOWHERE, why: error.message };
    if (UNREADABLE.includes(code)) return { ...NOWHERE, why: `it cannot be read (${code})` };
    throw error;
  }
}

/** The version of a file as `stat` reports it. */
export function versionOf({ mtimeMs, size, ino }: Pick<Stats, "mtimeMs" | "size" | "ino">): FileVersion {
  return { changedMs: mtimeMs, size, inode: ino };
}

/** Whether two versions are the same, so that the file need not be read again. */
export function isSameVersion(one: FileVersion, other: FileVersion): boolean {
  return one.changedMs === other.changedMs && one.size === other.size && one.inode === other.inode;
}

const NOWHERE: FileVersion = { changedMs: 0, size: 0, inode: 0 };
const UNREADABLE = ["EACCES", "EPERM"];

function jobIn(file: number, stats: Stats, ref: JobRef): ReadJob | UnreadableJob {
  const version = versionOf(stats);
  if (stats.size > MAX_JOB_TEXT_BYTES) return { ...version, why: `it has more than ${MAX_JOB_TEXT_BYTES} bytes` };
  try {
    const text = decodeJobText(bytesOf(file, stats.size), `${ref.project}/${ref.job}.json`);
    return { ...version, job: parseStoredJob(text, ref) };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ...version, why: error.message };
  }
}

function bytesOf(file: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(file, bytes, length, size - length, length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
