import { mkdir, open, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { checkJobRef, type JobRef } from "../../job/job-names.js";

/** Puts jobs into an archive's folder. */
export interface JobFolderWriter {
  /** All or nothing; on disk when it resolves. Throws what the file system threw. */
  write(ref: JobRef, text: string): Promise<void>;
}

/** Writes `DIR/<projectName>/<jobName>.json`: a file beside, synced, renamed over the old one. */
export function jobFolderWriter(dir: string): JobFolderWriter {
  return {
    async write(ref, text) {
      const { project, job } = checkJobRef(ref.project, ref.job);
      const within = join(dir, project);
      await mkdir(within, { recursive: true });
      const beside = join(within, `.${job}.${process.pid}.tmp`);
      try {
        await writeSynced(beside, text);
        await rename(beside, join(within, `${job}.json`));
      } catch (error) {
        await unlink(beside).catch(() => {});
        throw error;
      }
      await syncFolder(within);
    },
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
