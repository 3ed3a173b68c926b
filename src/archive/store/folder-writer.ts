import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, InvalidInputError } from "../../base/errors.js";
import { checkJobRef, type JobRef, quoted } from "../../job/job-names.js";
import { writeDurably } from "../../platform/durable-files.js";

/** Puts jobs into an archive's folder. */
interface JobFolderWriter {
  /**
   * Atomic; the job is on disk when this resolves. Throws InvalidInputError if the project's folder is a link or not a folder,
   * and file system errors.
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

/** Creates the folder. Throws if it is a link, which could lead anywhere; jobs are never read or written through links. */
async function makeFolder(path: string, job: string): Promise<void> {
  await mkdir(path).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const found = await lstat(path);
  if (found.isDirectory()) return;
  const what = found.isSymbolicLink() ? "is a link, not a folder" : "is not a folder";
  throw new InvalidInputError(`Cannot write job ${quoted(job)}: "${path}" ${what}`);
}
