import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../base/errors.js";
import { JOB_NAME_RULE, nameFault, PROJECT_NAME_RULE } from "../../job/job-names.js";
import { sortNames } from "./sorted-names.js";

/** The names in an archive's folder, read again within a second of a change. */
interface NameIndex {
  /** Sorted. */
  projects(): Promise<readonly string[]>;
  /** The jobs in a project's folder, sorted; null when it is gone. */
  jobs(project: string): Promise<readonly string[] | null>;
}

/** The dependencies of an index. */
interface NameIndexParts {
  /** Milliseconds that never go back. */
  now(): number;
  /** An entry that cannot be a project or a job. */
  onSkipped(path: string, why: string): void;
}

/** An index of `dir`, which reads a folder when its names are requested and it may have changed. */
export function nameIndex(dir: string, { now, onSkipped }: NameIndexParts): NameIndex {
  const folders = new Map<string, Folder>();

  return {
    projects: async () => (await names("", projectNames)) ?? [],
    jobs: (project) => names(project, jobNames),
  };

  async function names(folder: string, pick: PickNames): Promise<readonly string[] | null> {
    const known = folders.get(folder);
    if (known === undefined) return read(folder, pick, undefined);
    if (now() - known.checkedAt < Math.max(FRESH_MS, known.tookMs * 10)) return known.names;
    // One read serves all requests that come meanwhile.
    known.reading ??= read(folder, pick, known).finally(() => {
      known.reading = undefined;
    });
    return known.reading;
  }

  async function read(folder: string, pick: PickNames, known: Folder | undefined): Promise<readonly string[] | null> {
    const path = join(dir, folder);
    const startedAt = now();
    const found = await stat(path).catch(absent);
    if (found !== null && known?.changedMs === found.mtimeMs && known.settled) {
      known.checkedAt = startedAt;
      return known.names;
    }
    const entries = found === null ? null : await readdir(path, { withFileTypes: true }).catch(absent);
    if (found === null || entries === null) {
      folders.delete(folder);
      return null;
    }
    const { good, bad } = pick(entries);
    for (const { name, why } of bad) onSkipped(join(path, name), why);
    folders.set(folder, {
      names: good,
      changedMs: found.mtimeMs,
      // A change within the same tick of the file system's clock would not show in the folder's time.
      settled: Date.now() - found.mtimeMs > TICK_MS,
      checkedAt: startedAt,
      tookMs: now() - startedAt,
      reading: undefined,
    });
    return good;
  }
}

/** The contents of a folder: sorted names, and entries that cannot be names. */
interface Picked {
  readonly good: readonly string[];
  readonly bad: readonly { readonly name: string; readonly why: string }[];
}
type Entry = Pick<Dirent, "name" | "isDirectory">;
type PickNames = (entries: readonly Entry[]) => Picked;

/** The jobs among the entries of a project's folder: `<jobName>.json`. Hidden entries are ignored. */
export function jobNames(entries: readonly Entry[]): Picked {
  return pickNames(entries, ({ name }) => {
    const job = name.endsWith(".json") ? name.slice(0, -5) : "";
    return nameFault(job, JOB_NAME_RULE) === null
      ? { name: job }
      : { why: "not the name of a job: needs <jobName>.json" };
  });
}

/** The projects among the entries of an archive's folder. Hidden entries are ignored. */
export function projectNames(entries: readonly Entry[]): Picked {
  return pickNames(entries, (entry) => {
    if (!entry.isDirectory()) return { why: "not a project: is not a folder" };
    const fault = nameFault(entry.name, PROJECT_NAME_RULE);
    return fault === null ? { name: entry.name } : { why: `not a project: its name ${fault}` };
  });
}

function pickNames(
  entries: readonly Entry[],
  read: (entry: Entry) => { readonly name: string } | { readonly why: string },
): Picked {
  const good: string[] = [];
  const bad: { name: string; why: string }[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const found = read(entry);
    if ("name" in found) good.push(found.name);
    else bad.push({ name: entry.name, why: found.why });
  }
  return { good: sortNames(good), bad };
}

const FRESH_MS = 1_000;
const TICK_MS = 100;

interface Folder {
  readonly names: readonly string[];
  readonly changedMs: number;
  readonly settled: boolean;
  checkedAt: number;
  readonly tookMs: number;
  reading: Promise<readonly string[] | null> | undefined;
}

/** Null for a missing file or folder; rethrows any other error. */
export function absent(error: unknown): null {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") return null;
  throw error;
}
