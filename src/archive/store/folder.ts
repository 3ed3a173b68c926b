import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { codeOf, InvalidInputError } from "../../base/errors.js";
import { JOB_NAME, type JobRef, nameFault, PROJECT_NAME } from "../../job/job-names.js";
import { decodeJobText, MAX_JOB_TEXT_BYTES } from "../../job/job-text.js";
import type { ArchivedJobs } from "../api/describe.js";
import { type KeptJob, parseKept } from "./kept.js";

/** An archive's folder, `DIR/<projectName>/<jobName>.json`, as it is now: changes are seen within a second. */
export interface JobFolder extends ArchivedJobs {
  /** In the order of their names. */
  projects(): Promise<readonly string[]>;
  /** In the order of their names; empty when there is no such project. */
  jobs(project: string): Promise<readonly string[]>;
  /** The job with its note; null when there is none. Throws InvalidInputError for a damaged file. */
  load(ref: JobRef): Promise<KeptJob | null>;
}

/** What a folder's reader is told. */
export interface JobFolderOptions {
  /** Milliseconds that never go back. */
  now(): number;
  /** A file or folder that is skipped, once for each change of it. */
  onDamaged(path: string, why: string): void;
}

/**
 * Reads only. The names of a folder's files are kept in memory, the jobs in a cache of bounded size; a name that is in no
 * folder never gets to the file system. Symbolic links are not followed below `dir`.
 */
export function jobFolder(dir: string, options: JobFolderOptions): JobFolder {
  const told = new Set<string>();
  const tell = (path: string, why: string, version: number | string): void => {
    const key = `${path}\n${version}\n${why}`;
    if (told.has(key)) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.add(key);
    options.onDamaged(path, why);
  };
  const indexes = new Map<string, Index>();
  const cache = new Map<string, Cached>();
  let cachedBytes = 0;

  return { atHand, find, list, projects, jobs: async (project) => (await namesOf(project)) ?? [], load };

  async function projects(): Promise<readonly string[]> {
    return (await names("", "directory")) ?? [];
  }

  async function namesOf(project: string): Promise<readonly string[] | null> {
    return has(await projects(), project) ? names(project, "file") : null;
  }

  function atHand(project: string, job: string) {
    const cached = cache.get(`${project}/${job}`);
    return cached !== undefined && options.now() - cached.checkedAt < FRESH_MS ? cached.kept.description : undefined;
  }

  async function find(project: string, job: string) {
    const key = `${project}/${job}`;
    const cached = cache.get(key);
    const at = options.now();
    if (cached !== undefined && at - cached.checkedAt < FRESH_MS) return cached.kept.description;
    if (!has((await namesOf(project)) ?? [], job)) return null;
    const path = join(dir, project, `${job}.json`);
    if (cached !== undefined) {
      const found = await lstat(path).catch(nothing);
      if (found !== null && sameFile(found, cached)) return remember(key, { ...cached, checkedAt: at });
    }
    const read = readOrTell({ project, job });
    if (read !== null) return remember(key, { ...read, checkedAt: at });
    forget(key);
    return null;
  }

  async function list(project: string, after: string | null, limit: number) {
    const all = await namesOf(project);
    if (all === null) return null;
    const found: KeptJob["description"][] = [];
    let at = after === null ? 0 : firstAfter(all, after);
    for (; found.length < limit && at < all.length; at += 1) {
      // Others have their turn in between.
      if (at % AT_ONCE === 0) await setImmediate();
      const read = readOrTell({ project, job: all[at] ?? "" });
      if (read !== null) found.push(read.kept.description);
    }
    return found;
  }

  async function load(ref: JobRef): Promise<KeptJob | null> {
    if (nameFault(ref.project, PROJECT_NAME) !== null || nameFault(ref.job, JOB_NAME) !== null) return null;
    const read = readJob(join(dir, ref.project, `${ref.job}.json`), ref);
    if (read !== null && "why" in read) throw new InvalidInputError(read.why);
    return read?.kept ?? null;
  }

  function readOrTell(ref: JobRef): Read | null {
    const path = join(dir, ref.project, `${ref.job}.json`);
    const read = readJob(path, ref);
    if (read === null || "kept" in read) return read;
    tell(path, read.why, read.changedMs);
    return null;
  }

  /** Puts a job at the end of the cache, whose order is that of the last looks at the files. */
  function remember(key: string, cached: Cached) {
    forget(key);
    cache.set(key, cached);
    cachedBytes += cached.size;
    for (const [oldest] of cache) {
      if (cachedBytes <= MOST_CACHED_BYTES) break;
      forget(oldest);
    }
    return cached.kept.description;
  }

  function forget(key: string): void {
    cachedBytes -= cache.get(key)?.size ?? 0;
    cache.delete(key);
  }

  /** The names in one folder below `dir` ("" for itself), looked at again when it has changed; null when it is gone. */
  async function names(folder: string, kind: "directory" | "file"): Promise<readonly string[] | null> {
    const known = indexes.get(folder);
    if (known !== undefined && options.now() - known.checkedAt < Math.max(FRESH_MS, known.tookMs * 10)) {
      return known.names;
    }
    if (known === undefined) return look(folder, kind, known);
    // One look for all who ask meanwhile.
    known.looking ??= look(folder, kind, known).finally(() => {
      known.looking = undefined;
    });
    return known.looking;
  }

  async function look(folder: string, kind: "directory" | "file", known: Index | undefined) {
    const path = join(dir, folder);
    const startedAt = options.now();
    const found = await stat(path).catch(nothing);
    if (found === null) {
      indexes.delete(folder);
      return null;
    }
    if (known?.changedMs === found.mtimeMs && known.settled) {
      known.checkedAt = startedAt;
      return known.names;
    }
    const listed = kind === "file" ? await fileNames(path) : await folderNames(path);
    if (listed === null) return null;
    indexes.set(folder, {
      names: listed,
      changedMs: found.mtimeMs,
      // A change in the same tick of the file system's clock as this look would not show.
      settled: Date.now() - found.mtimeMs > TICK_MS,
      checkedAt: startedAt,
      tookMs: options.now() - startedAt,
      looking: undefined,
    });
    return listed;
  }

  async function fileNames(path: string): Promise<readonly string[] | null> {
    const entries = await readdir(path).catch(nothing);
    if (entries === null) return null;
    const good: string[] = [];
    for (const entry of entries) {
      if (entry.startsWith(".")) continue;
      const name = entry.endsWith(".json") ? entry.slice(0, -5) : "";
      if (nameFault(name, JOB_NAME) === null) good.push(name);
      else tell(join(path, entry), "its name is not that of a job: needs <jobName>.json", "");
    }
    return good.sort();
  }

  async function folderNames(path: string): Promise<readonly string[] | null> {
    const good: string[] = [];
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const fault = entry.isDirectory() ? nameFault(entry.name, PROJECT_NAME) : "must be a folder";
      if (fault === null) good.push(entry.name);
      else tell(join(path, entry.name), `it is no project: ${fault}`, "");
    }
    return good.sort();
  }
}

const FRESH_MS = 1_000;
const TICK_MS = 100;
const MOST_TOLD = 10_000;
const AT_ONCE = 32;
const MOST_CACHED_BYTES = 16_777_216;

interface Index {
  readonly names: readonly string[];
  readonly changedMs: number;
  readonly settled: boolean;
  checkedAt: number;
  readonly tookMs: number;
  looking: Promise<readonly string[] | null> | undefined;
}

interface Version {
  readonly changedMs: number;
  readonly size: number;
  readonly inode: number;
}

interface Read extends Version {
  readonly kept: KeptJob;
}

interface Cached extends Read {
  readonly checkedAt: number;
}

function sameFile(found: { mtimeMs: number; size: number; ino: number }, known: Version): boolean {
  return found.mtimeMs === known.changedMs && found.size === known.size && found.ino === known.inode;
}

/**
 * The job; why its file is of no use; null when there is no file. Throws when the file system fails. At once, without the
 * thread pool: for files that small its way there and back costs three times the reading.
 */
function readJob(path: string, ref: JobRef): Read | (Version & { readonly why: string }) | null {
  const nowhere = { changedMs: 0, size: 0, inode: 0 };
  let file: number;
  try {
    // A pipe is not waited for, and a link not followed.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error) ?? "";
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "ELOOP") return { ...nowhere, why: "it is a symbolic link" };
    if (UNREADABLE.includes(code)) return { ...nowhere, why: `it cannot be read (${code})` };
    throw error;
  }
  try {
    const found = fstatSync(file);
    const version = { changedMs: found.mtimeMs, size: found.size, inode: found.ino };
    if (!found.isFile()) return { ...version, why: "it is no regular file" };
    if (found.size > MAX_JOB_TEXT_BYTES) return { ...version, why: `it has more than ${MAX_JOB_TEXT_BYTES} bytes` };
    const bytes = Buffer.allocUnsafe(found.size);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, length);
      if (count === 0) break;
      length += count;
    }
    const text = decodeJobText(bytes.subarray(0, length), `${ref.project}/${ref.job}.json`);
    return { ...version, kept: parseKept(text, ref) };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { changedMs: fstatSync(file).mtimeMs, size: 0, inode: 0, why: error.message };
  } finally {
    closeSync(file);
  }
}

const UNREADABLE = ["EACCES", "EPERM", "ENXIO"];

/** Where the first name after `name` stands; the names are sorted. */
function firstAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? "") <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function has(names: readonly string[], name: string): boolean {
  return names[firstAfter(names, name) - 1] === name;
}

function nothing(error: unknown): null {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return null;
  throw error;
}
