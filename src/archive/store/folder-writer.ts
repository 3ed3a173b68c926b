import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkJobRef, type JobRef } from "../../job/job-names.js";
import { writeDurably } from "../../platform/durable-files.js";

/** Puts jobs into an archive's folder. */
export interface JobFolderWriter {
  /** All or nothing; on disk when it resolves. Throws what the file system throws. */
  write(ref: JobRef, text: string): Promise<void>;
}

/** Writes `DIR/<projectName>/<jobName>.json`. */
export function jobFolderWriter(dir: string): JobFolderWriter {
  return {
    async write(ref, text) {
      const { project, job } = checkJobRef(ref.project, ref.job);
      const within = join(dir, project);
      await mkdir(within, { recursive: true });
      await writeDurably(join(within, `${job}.json`), text, 0o644);
    },
  };
}
