import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../base/errors.js";
import { close, fsync, open, rename, unlink, writeFile } from "./file-calls.js";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
// Never write to an existing file, or through a link that another user created under our file's name.
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/**
 * Replaces a file so that a crash or a power cut leaves either the old or the new one: writes and syncs a temporary file in the
 * same folder, renames it over the old one, and syncs the folder. Resolves when the file is on disk. Its folder must exist.
 */
export async function writeDurably(path: string, text: string, mode = 0o600): Promise<void> {
  // The same file may be written twice at once, by one process or two, so each write has its own temporary file.
  const temporary = siblingPath(path, `${randomSuffix()}.tmp`);
  try {
    const file = await open(temporary, NEW_FILE, mode);
    try {
      await writeFile(file, text, "utf8");
      await fsync(file);
    } finally {
      await close(file);
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Like `writeDurably`, synchronously, for files with a single writer: the next write removes what a crash left behind. */
export function writeDurablySync(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = siblingPath(path, "tmp");
  try {
    freeNameSync(temporary);
    const file = fs.openSync(temporary, NEW_FILE, mode);
    try {
      fs.writeFileSync(file, content);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  syncFolderSync(dirname(path));
}

/**
 * Makes sure that nothing has this name: removes a file, a link or an empty folder, and renames any other folder. Whoever has
 * put it there could swap a link into it while its files are removed one by one, and so have files removed elsewhere.
 */
export function freeNameSync(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    const code = codeOf(error);
    // EPERM: what POSIX says of a folder, in place of Linux's EISDIR.
    if (code === "EISDIR" || code === "EPERM") freeFolderNameSync(path);
    else if (code !== "ENOENT") throw error;
  }
}

function freeFolderNameSync(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch {
    fs.renameSync(folder, `${folder}.${randomSuffix()}`);
  }
}

/** Syncs a folder's names to disk: without it a new, renamed or removed file may not survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await fsync(handle);
  } finally {
    await close(handle);
  }
}

/** Like `syncFolder`, synchronously. */
export function syncFolderSync(folder: string): void {
  const handle = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function randomSuffix(): string {
  return Math.random().toString(36).slice(2);
}

/** The path of a temporary file in the same folder, hidden so that it is not mistaken for a finished one. */
function siblingPath(path: string, ending: string): string {
  return join(dirname(path), `.${basename(path)}.${ending}`);
}
