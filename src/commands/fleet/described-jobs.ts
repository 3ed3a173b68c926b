import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError, UsageError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { reasonOf } from "../../base/system-errors.js";
import type { DescribedJob } from "../../fleet/state/questions.js";
import { readSavedJob } from "../../sources/lookup.js";

const MOST_FILES = 20_000;
const MOST_DEPTH = 4;

/** The jobs of a folder. */
export interface DescribedJobs {
  readonly all: () => readonly DescribedJob[];
  /** Reads what is new or has changed since the last time. */
  refresh(): Promise<void>;
}

/**
 * Reads every `*.json` in a folder and the folders in it, an archive's or one of saved answers, and again when they change. A file
 * that holds no job is logged once for each version of it. Throws UsageError when the folder cannot be read.
 */
export async function describedJobs(folder: string, log: Log): Promise<DescribedJobs> {
  let known = new Map<string, { readonly version: string; readonly jobs: readonly DescribedJob[] }>();
  let all: readonly DescribedJob[] = [];

  async function read(path: string): Promise<readonly DescribedJob[]> {
    try {
      const { job } = await readSavedJob(path);
      if (job.name === null) return [];
      return [{ project: job.project ?? "", job: job.name, description: job }];
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      log.warn("jobs.skipped", { file: path, message: error.message });
      return [];
    }
  }

  async function refresh(): Promise<void> {
    const next: typeof known = new Map();
    for (const path of jsonFilesIn(folder, MOST_DEPTH)) {
      const version = versionOf(path);
      const before = known.get(path);
      next.set(path, before?.version === version ? before : { version, jobs: await read(path) });
    }
    known = next;
    all = [...known.values()].flatMap(({ jobs }) => jobs);
  }

  try {
    readdirSync(folder);
  } catch (cause) {
    throw new UsageError(`Cannot read --jobs "${folder}": ${reasonOf(cause)}`, { cause });
  }
  await refresh();
  return { all: () => all, refresh };
}

/** Sorted by path. */
function jsonFilesIn(folder: string, depth: number): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth === 0 || entry.name.startsWith(".") ? [] : jsonFilesIn(path, depth - 1);
    return entry.isFile() && entry.name.endsWith(".json") ? [path] : [];
  });
  return files.slice(0, MOST_FILES);
}

function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.mtimeMs} ${found.size} ${found.ino}`;
}
