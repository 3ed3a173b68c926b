import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "../../base/errors.js";

/** The folder that the user named with --root, as an absolute path; "/" where none was named. */
export function existingFolder(root: string | undefined): string {
  if (root === undefined) return "/";
  const found = statSync(root, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    throw new UsageError(
      `Cannot read the root "${root}": must be a folder, is ${found === undefined ? "not there" : "none"}`,
    );
  }
  return resolve(root);
}
