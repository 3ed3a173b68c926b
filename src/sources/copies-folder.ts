import { join } from "node:path";
import { codeOf, ExpectedError } from "../base/errors.js";
import { checkJobRef, checkName, type JobRef, PROJECT_NAME_RULE } from "../job/job-names.js";
import { syncFolder, writeDurably } from "../platform/durable-files.js";
import { mkdir, readdir, rename } from "../platform/file-calls.js";
import { FileTooLongError, folderProblem, readTrustedFile } from "../platform/safe-files.js";
import type { JobCopies } from "./stored-copies.js";

/**
 * Stores the last good copies in a folder, as `<project>/<job>.json`, readable only by their owner. A power cut leaves either
 * the old or the new copy.
 */
export function jobCopies(folder: string): JobCopies {
  /** Throws for a link, which could lead to another folder. */
  const projectFolder = (project: string) => {
    const within = join(folder, project);
    const problem = folderProblem(folder) ?? folderProblem(within);
    if (problem !== null) throw new ExpectedError(`Cannot use a folder: ${problem}`);
    return within;
  };
  const place = ({ project, job }: JobRef) => {
    checkJobRef(project, job);
    const within = projectFolder(project);
    return { within, path: join(within, `${job}.json`) };
  };
  return {
    async read(ref) {
      const { path } = place(ref);
      try {
        return readTrustedFile(path, MAX_COPY_BYTES)?.toString("utf8") ?? null;
      } catch (error) {
        if (error instanceof FileTooLongError) return "too large";
        throw error;
      }
    },
    async write(ref, text) {
      const { within, path } = place(ref);
      await mkdir(within, { recursive: true, mode: 0o700 });
      // Two copies may be written at once: the one requested ahead, and the one for the newest configuration.
      await writeDurably(path, text);
    },
    async setAside(ref) {
      const { within, path } = place(ref);
      // Always the same name: the latest damaged copy is enough for a diagnosis, and a failing disk must not fill up.
      const aside = `${path}.damaged`;
      await rename(path, aside);
      await syncFolder(within);
      return aside;
    },
    async list(project) {
      const names = await readdir(projectFolder(checkName(project, PROJECT_NAME_RULE))).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
      });
      return names.flatMap((name) => /^([a-zA-Z0-9-]+)\.json$/.exec(name)?.[1] ?? []).sort();
    },
  };
}

/** The largest answer, plus the fields stored with it. */
const MAX_COPY_BYTES = 2_097_152;
