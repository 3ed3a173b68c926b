import { join } from "node:path";
import type { ProgramFile } from "./program-file.js";

/** The file with the code of the examiner and of all commands but `run`; `folder` is that of packdrift.mjs. */
export function examinerFile(folder: string): ProgramFile {
  return { path: join(folder, "examiner.cjs"), sha256: PACKDRIFT_EXAMINER.sha256 };
}

/** Node's arguments for an examiner; its compiled code is stored at `cachePath`. */
export function examinerArguments(
  { path, sha256 }: ProgramFile,
  cachePath: string,
  args: readonly string[],
): readonly string[] {
  // The type is named because NODE_OPTIONS may name another one.
  return ["--input-type=commonjs", "-e", PACKDRIFT_EXAMINER.launcher, "--", path, sha256, cachePath, ...args];
}
