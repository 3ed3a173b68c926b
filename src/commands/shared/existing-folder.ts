import { statSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidInputError } from "../../base/errors.js";

/** The folder given with --root, as an absolute path; "/" without one. */
export function existingFolder(root: string | undefined): string {
  if (root === undefined) return "/";
  const found = statSync(root, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    const why = found === undefined ? "there is no such folder" : "it is not a folder";
    throw new InvalidInputError(`Cannot read the root "${root}": ${why}`);
  }
  return resolve(root);
}
