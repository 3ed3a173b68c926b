import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { InvalidInputError } from "../../base/errors.js";
import { JOB_NAME_RULE, type JobRef, nameFault, PROJECT_NAME_RULE } from "../../job/job-names.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import type { ArchivedJobs } from "../api/describe.js";
import { jobCache } from "./job-cache.js";
import { absent, nameIndex } from "./name-index.js";
import { isSameVersion, type ReadJob, readJob, versionOf } from "./read-job.js";
import { includesName, indexAfter } from "./sorted-names.js";
import type { StoredJob } from "./stored-job.js";

/** An archive's folder, `DIR/<projectName>/<jobName>.json`; sees changes within a second. */
export interface JobFolder extends ArchivedJobs {
  /** Sorted by name. */
  projects(): Promise<readonly string[]>;
  /** Sorted by name; empty when there is no such project. */
  jobs(project: string): Promise<readonly string[]>;
  /** The job with its note, or null. Throws InvalidInputError for a damaged file. */
  load(ref: JobRef): Promise<StoredJob | null>;
}

/** The dependencies of a folder's reader. */
interface JobFolderParts {
  /** Milliseconds that never go back. */
  now(): number;
  /** Called for a file or folder that is skipped, once for each version of it. */
  onDamaged(path: string, why: string): void;
}

/**
 * Reads only. Names are kept in memory and jobs in a cache of bounded size; a name that is not in a folder never reaches the
 * file system. Symbolic links below `dir` are not followed.
 */
export function jobFolder(dir: string, { now, onDamaged }: JobFolderParts): JobFolder {
  const report = onceForEach(onDamaged);
  const index = nameIndex(dir, { now, onSkipped: (path, why) => report(path, why, "") });
  const cache = jobCache(MOST_CACHED_BYTES);

  return { atHand, find, list, projects: index.projects, jobs: async (project) => (await jobsOf(project)) ?? [], load };

  async function jobsOf(project: string): Promise<readonly string[] | null> {
    return includesName(await index.projects(), project) ? index.jobs(project) : null;
  }

  function atHand(project: string, job: string): ModelPackagingDescription | undefined {
    const cached = cache.get(`${project}/${job}`);
    return cached !== undefined && now() - cached.checkedAt < FRESH_MS ? cached.job.description : undefined;
  }

  async function find(project: string, job: string): Promise<ModelPackagingDescription | null> {
    const fresh = atHand(project, job);
    if (fresh !== undefined) return fresh;
    const checkedAt = now();
    if (!includesName((await jobsOf(project)) ?? [], job)) return null;
    const key = `${project}/${job}`;
    const cached = cache.get(key);
    const unchanged = cached !== undefined && (await isUnchanged(pathOf({ project, job }), cached));
    const read = unchanged ? cached : readOrReport({ project, job });
    if (read === null) cache.drop(key);
    else cache.put(key, { ...read, checkedAt });
    return read?.job.description ?? null;
  }

  async function list(project: string, after: string | null, limit: number) {
    const names = await jobsOf(project);
    if (names === null) return null;
    const found: ModelPackagingDescription[] = [];
    for (let at = after === null ? 0 : indexAfter(names, after); found.length < limit && at < names.length; at += 1) {
      // Let other requests run in between.
      if (at % AT_ONCE === 0) await setImmediate();
      const read = readOrReport({ project, job: names[at] ?? "" });
      if (read !== null) found.push(read.job.description);
    }
    return found;
  }

  async function load(ref: JobRef): Promise<StoredJob | null> {
    if (nameFault(ref.project, PROJECT_NAME_RULE) !== null || nameFault(ref.job, JOB_NAME_RULE) !== null) return null;
    const folder = await lstat(join(dir, ref.project)).catch(absent);
    if (!folder?.isDirectory()) return null;
    const read = readJob(pathOf(ref), ref);
    if (read !== null && "why" in read) throw new InvalidInputError(read.why);
    return read?.job ?? null;
  }

  function readOrReport(ref: JobRef): ReadJob | null {
    const read = readJob(pathOf(ref), ref);
    if (read === null || "job" in read) return read;
    report(pathOf(ref), read.why, String(read.changedMs));
    return null;
  }

  function pathOf({ project, job }: JobRef): string {
    return join(dir, project, `${job}.json`);
  }
}

const FRESH_MS = 1_000;
const AT_ONCE = 32;
const MOST_CACHED_BYTES = 16_777_216;
const MOST_REPORTED = 10_000;

async function isUnchanged(path: string, known: ReadJob): Promise<boolean> {
  const found = await lstat(path).catch(absent);
  return found !== null && isSameVersion(versionOf(found), known);
}

/** Reports each problem of each version of a file once, as far as memory is spent on it. */
function onceForEach(onDamaged: JobFolderParts["onDamaged"]) {
  const reported = new Set<string>();
  return (path: string, why: string, version: string): void => {
    const key = `${path}\n${version}\n${why}`;
    if (reported.has(key)) return;
    if (reported.size >= MOST_REPORTED) reported.clear();
    reported.add(key);
    onDamaged(path, why);
  };
}
