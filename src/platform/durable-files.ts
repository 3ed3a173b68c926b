import * as fs from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;
// Never into a file that is there already, nor through a link that somebody has put under our name.
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/**
 * Writes a whole file so that a crash or a power cut leaves either the old or the new one: a temporary file beside it, synced,
 * renamed over the old one, and the folder synced. The file is on the disk when it resolves. Its folder must exist.
 */
export async function writeDurably(path: string, text: string, mode = 0o600): Promise<void> {
  // Two writes of one file may be under way at once, in one process or two: each has a temporary file of its own.
  const temporary = beside(path, `${Math.random().toString(36).slice(2)}.tmp`);
  try {
    const file = await open(temporary, NEW_FILE, mode);
    try {
      await file.writeFile(text, "utf8");
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The same before it returns, for files that one process alone writes: the next write removes what a crash has left. */
export function writeDurablySync(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = beside(path, "tmp");
  try {
    fs.rmSync(temporary, { force: true, recursive: true });
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

/** Puts a folder's names on the disk: a new, renamed or removed file survives a power cut only then. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The same before it returns. */
export function syncFolderSync(folder: string): void {
  const handle = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Hidden, so that nobody takes it for a finished file. */
function beside(path: string, ending: string): string {
  return join(dirname(path), `.${basename(path)}.${ending}`);
}
