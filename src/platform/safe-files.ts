import * as fs from "node:fs";
import { codeOf, ExpectedError } from "../base/errors.js";

const { O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const CHUNK_BYTES = 64 * 1024;
/** Far larger than any configuration, certificate or list that somebody writes. */
const USUAL_MOST_BYTES = 4 * 2 ** 20;
const WRITABLE_BY_OTHERS = 0o022;

/** A path that must not be used as a file: a link, a pipe, a device, a folder, or a file that is too large. */
export class UnsafeFileError extends ExpectedError {}

/** A file has more bytes than allowed. */
export class FileTooLongError extends UnsafeFileError {}

/**
 * Opens a regular file, passes it to `use` and closes it. Never follows a link in the path's last part, and never waits for the
 * other end of a pipe. Throws UnsafeFileError for anything but a regular file, and file system errors.
 */
export function withRegularFile<T>(path: string, flags: number, use: (file: number, found: fs.Stats) => T): T {
  return withOpenFile(path, flags | O_NOFOLLOW, use);
}

/** Reads a regular file; null if it does not exist. Throws as `withRegularFile`, and when it is longer than `mostBytes`. */
export function readRegularFile(path: string, mostBytes: number): Buffer | null {
  return orWhenMissing(() => withRegularFile(path, O_RDONLY, (file) => readUpTo(file, path, mostBytes)));
}

/** Like `readRegularFile` for a path that a user gave, so it follows links; `check` may throw before the file is read. */
export function readNamedFile(path: string, mostBytes: number, check: (found: fs.Stats) => void): Buffer | null {
  return orWhenMissing(() =>
    withOpenFile(path, O_RDONLY, (file, found) => {
      check(found);
      return readUpTo(file, path, mostBytes);
    }),
  );
}

/**
 * Reads a file that must exist, as `readNamedFile` does. Errors call it "it", since the caller's sentence names it; one that does
 * not exist throws the file system's error.
 */
export function readExistingFile(
  path: string,
  mostBytes = USUAL_MOST_BYTES,
  check: (found: fs.Stats) => void = () => undefined,
): Buffer {
  try {
    return withOpenFile(path, O_RDONLY, (file, found) => {
      check(found);
      return readUpTo(file, path, mostBytes);
    });
  } catch (error) {
    if (!(error instanceof UnsafeFileError)) throw error;
    throw new UnsafeFileError(error.message.replace(`"${path}"`, "it"), { cause: error });
  }
}

/** The text at standard input. Throws as `readExistingFile`. */
export function readStandardInput(): string {
  return readUpTo(0, "standard input", USUAL_MOST_BYTES).toString("utf8");
}

/** Reads a regular file that this process's user owns and nobody else may write; null for any other file. */
export function readOwnFile(path: string, mostBytes: number): Buffer | null {
  return orWhenMissing(() =>
    withRegularFile(path, O_RDONLY, (file, found) => (isOursAlone(found) ? readUpTo(file, path, mostBytes) : null)),
  );
}

/** Whether this process's user owns it and nobody else may write to it. */
export function isOursAlone({ uid, mode }: Pick<fs.Stats, "uid" | "mode">): boolean {
  return uid === process.geteuid?.() && (mode & WRITABLE_BY_OTHERS) === 0;
}

/** Why a folder cannot be trusted with our files; null if it can, or does not exist. */
export function folderProblem(path: string): string | null {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isSymbolicLink()) return `"${path}" is a link, not a folder`;
  if (!found.isDirectory()) return `"${path}" is not a folder`;
  const user = process.geteuid?.();
  if (found.uid !== user) return `"${path}" belongs to user ${found.uid}, not to user ${user}, who runs this process`;
  const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
  return isOursAlone(found) ? null : `"${path}" may be written by others: its mode is ${mode}, must be 0755 or less`;
}

function withOpenFile<T>(path: string, flags: number, use: (file: number, found: fs.Stats) => T): T {
  const file = openWithoutWaiting(path, flags);
  try {
    const found = fs.fstatSync(file);
    if (found.isDirectory()) throw new UnsafeFileError(`"${path}" is a folder, not a regular file`);
    if (!found.isFile()) throw new UnsafeFileError(`"${path}" is not a regular file`);
    return use(file, found);
  } finally {
    fs.closeSync(file);
  }
}

/** Reads until the end, since files under /proc do not say how long they are. */
function readUpTo(file: number, path: string, mostBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, mostBytes + 1 - total));
    const bytes = fs.readSync(file, chunk, 0, chunk.length, null);
    if (bytes === 0) return Buffer.concat(chunks);
    total += bytes;
    if (total > mostBytes) throw new FileTooLongError(`"${path}" has more than ${mostBytes} bytes`);
    chunks.push(chunk.subarray(0, bytes));
  }
}

function openWithoutWaiting(path: string, flags: number): number {
  try {
    return fs.openSync(path, flags | O_NONBLOCK | O_NOCTTY, 0o600);
  } catch (error) {
    const what = NOT_FILES[codeOf(error) ?? ""];
    if (what === undefined) throw error;
    throw new UnsafeFileError(`"${path}" is ${what}, not a regular file`, { cause: error });
  }
}

const NOT_FILES: Readonly<Record<string, string>> = {
  ELOOP: "a link",
  ENXIO: "a socket or a pipe",
  EISDIR: "a folder",
};

function orWhenMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}
