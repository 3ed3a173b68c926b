import { readdirSync } from "node:fs";
import { ExpectedError, UsageError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { reasonOf } from "../../base/system-errors.js";
import type { CatalogJob } from "../../fleet/state/questions.js";
import { readSavedJob } from "../../sources/lookup.js";
import { namedPaths, statAt } from "../shared/named-files.js";

const JOB_FILES = { isWhole: () => false, names: /\.json$/, what: "saved job" };

/** The jobs of a folder. */
interface DescribedJobs {
  readonly all: () => readonly CatalogJob[];
  /** Reads what is new or has changed since the last time. */
  refresh(): Promise<void>;
}

/**
 * Reads every `*.json` in a folder and its subfolders (an archive's, or one of saved answers), and again when they
 * change. A file without a job is logged once for each version of it, and a subfolder that cannot be read once. Throws
 * UsageError if the folder itself cannot be read at first.
 */
export async function describedJobs(folder: string, log: Log): Promise<DescribedJobs> {
  let known = new Map<string, { readonly version: string; readonly jobs: readonly CatalogJob[] }>();
  let all: readonly CatalogJob[] = [];
  let problems: ReadonlySet<string> = new Set();

  async function read(path: string): Promise<readonly CatalogJob[]> {
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
    const found = new Set<string>();
    const files = namedPaths([folder], { ...JOB_FILES, onProblem: (problem) => void found.add(problem) });
    for (const message of found) if (!problems.has(message)) log.warn("jobs.skipped", { file: folder, message });
    problems = found;
    for (const { path } of files) {
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

function versionOf(path: string): string {
  const found = statAt(path);
  return found === undefined ? "" : `${found.mtimeMs} ${found.size} ${found.ino}`;
}
