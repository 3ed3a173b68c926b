import { closeSync, lstatSync, openSync } from "node:fs";
import { codeOf } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { StoreError } from "./migrate.js";

const WRITABLE_BY_OTHERS = 0o022;
/** SQLite's own files beside the store's. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/** Makes sure that a store's file exists, is a file of our own, and that nobody else may write it. Creates it 0600. */
export function secureFile(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST")
      throw new StoreError(`Cannot create the store "${path}": ${reasonOf(error)}`, { cause: error });
  }
  for (const each of BESIDE) {
    const why = problemOf(`${path}${each}`);
    if (why !== null) throw new StoreError(`Cannot open the store "${path}${each}": ${why}`);
  }
}

function problemOf(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isFile()) return "it is not a regular file";
  const user = process.geteuid?.();
  if (found.uid !== user) return `it belongs to user ${found.uid}, not to user ${user}, who runs this process`;
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  return (found.mode & WRITABLE_BY_OTHERS) === 0
    ? null
    : `it may be written by others: its mode is ${mode}, must be 0644 or less`;
}
