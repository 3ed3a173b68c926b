import { chmodSync, closeSync, lstatSync, openSync } from "node:fs";
import { codeOf } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import { StoreError } from "./migrate.js";

const WRITABLE_BY_OTHERS = 0o022;
const OF_OTHERS = 0o077;
/** The suffixes of SQLite's own files next to the store's. */
const SUFFIXES = ["", "-wal", "-shm", "-journal"];

/**
 * Makes sure that a store's file exists, belongs to this user, and cannot be read by others: it is created with mode
 * 0600, and others' access to an existing one is removed. A file that others may write is refused, since it may contain
 * anything.
 */
export function secureFile(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST")
      throw new StoreError(`Cannot create the store "${path}": ${reasonOf(error)}`, { cause: error });
  }
  for (const each of SUFFIXES) {
    const why = problemOf(`${path}${each}`);
    if (why !== null) throw new StoreError(`Cannot open the store "${path}${each}": ${why}`);
    restrict(`${path}${each}`);
  }
}

/** Removes other users' access to one of our files; one of SQLite's own may be gone by now. */
function restrict(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & OF_OTHERS) === 0) return;
  try {
    chmodSync(path, found.mode & 0o700);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    const why = `others may read it, and that cannot be changed: ${reasonOf(error)}`;
    throw new StoreError(`Cannot open the store "${path}": ${why}`, { cause: error });
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
