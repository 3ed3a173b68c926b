import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, InvalidInputError } from "../../base/errors.js";
import { checkJobRef, type JobRef, quoted } from "../../job/job-names.js";
import { writeDurably } from "../../platform/durable-files.js";

/** Puts jobs into an archive's folder. */
interface JobFolderWriter {
  /**
   * All or nothing; on disk when it resolves. Throws InvalidInputError where the project's folder is a link or no folder, and else
   * what the file system throws.
   */
  write(ref: JobRef, text: string): Promise<void>;
}

/** Writes `DIR/<projectName>/<jobName>.json`. */
export function jobFolderWriter(dir: string): JobFolderWriter {
  return {
    async write(ref, text) {
      const { project, job } = checkJobRef(ref.project, ref.job);
      const within = join(dir, project);
      await makeFolder(within, `${project}/${job}`);
      await writeDurably(join(within, `${job}.json`), text, 0o644);
    },
  };
}

/** Jobs are read through no link, and written through none: it could lead anywhere. */
async function makeFolder(path: string, job: string): Promise<void> {
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  if (found.isDirectory()) return;
  const what = found.isSymbolicLink() ? "is a link, not a folder" : "is not a folder";
  throw new InvalidInputError(`Cannot write job ${quoted(job)}: "${path}" ${what}`);
}
