import { statSync } from "node:fs";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { type JobFolder, jobFolder } from "../../archive/store/folder.js";
import type { StoredJob } from "../../archive/store/stored-job.js";
import { chunksOf } from "../../base/chunks.js";
import { InvalidInputError } from "../../base/errors.js";
import type { JobRef } from "../../job/job-names.js";

/** The archive's folder that the user named with --dir, as an absolute path. Throws InvalidInputError when it is not a folder. */
export function archiveFolder(dir: string): string {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found?.isDirectory()) return resolve(dir);
  throw new InvalidInputError(
    `Cannot open the archive "${dir}": ${found === undefined ? "does not exist" : "is not a folder"}`,
  );
}

/** The jobs in a folder; `onDamaged` is called for everything that is skipped. */
export function openArchive(dir: string, onDamaged: (path: string, why: string) => void): JobFolder {
  return jobFolder(dir, { now: () => performance.now(), onDamaged });
}

/** One file of an archive: the job in it, or why it cannot be read. */
type ArchiveEntry = { readonly ref: JobRef } & ({ readonly stored: StoredJob } | { readonly damaged: string });

/** Every job of an archive, or of one project, sorted by name; reads a few at a time. */
export async function* archiveEntries(archive: JobFolder, only: string | undefined): AsyncGenerator<ArchiveEntry> {
  for (const project of await archive.projects()) {
    if (only !== undefined && project !== only) continue;
    const jobs = await archive.jobs(project);
    for (const some of chunksOf(jobs, AT_ONCE)) {
      const refs = some.map((job) => ({ project, job }));
      for (const entry of await Promise.all(refs.map((ref) => entryOf(archive, ref)))) if (entry !== null) yield entry;
    }
  }
}

const AT_ONCE = 32;

async function entryOf(archive: JobFolder, ref: JobRef): Promise<ArchiveEntry | null> {
  try {
    const stored = await archive.load(ref);
    return stored === null ? null : { ref, stored };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { ref, damaged: error.message };
  }
}
