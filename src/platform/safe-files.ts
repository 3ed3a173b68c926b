import * as fs from "node:fs";
import { codeOf, ExpectedError } from "../base/errors.js";
import { checkPrivate } from "../base/secret-file.js";
import { reasonOf } from "../base/system-errors.js";

const { O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const CHUNK_BYTES = 64 * 1024;
/** Far larger than any configuration, certificate or list written by hand. */
const USUAL_MOST_BYTES = 4 * 2 ** 20;
const WRITABLE_BY_OTHERS = 0o022;
const ROOT = 0;

/** A path that must not be used as a file: a link, a pipe, a device, a folder, or a file that is too large. */
export class UnsafeFileError extends ExpectedError {
  /** The message is the subject, a path in quotes or "it", and `why`. */
  constructor(
    subject: string,
    readonly why: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${subject} ${why}`, options);
  }
}

/** A file has more bytes than allowed. */
export class FileTooLongError extends UnsafeFileError {}

/**
 * Opens a regular file, passes it to `use` and closes it. Never follows a link in the path's last part, and never waits for the
 * other end of a pipe. Throws UnsafeFileError about `subject` for anything but a regular file, and file system errors.
 */
export function withRegularFile<T>(
  path: string,
  flags: number,
  use: (file: number, found: fs.Stats) => T,
  subject = quoted(path),
): T {
  return withOpenFile(path, flags | O_NOFOLLOW, use, subject);
}

/**
 * Reads a regular file; null if it does not exist. Throws as `withRegularFile`, and when it is longer than `mostBytes`; `check` may
 * throw before the file is read.
 */
export function readRegularFile(
  path: string,
  mostBytes: number,
  check: (found: fs.Stats) => void = () => undefined,
): Buffer | null {
  return orWhenMissing(() =>
    withRegularFile(path, O_RDONLY, (file, found) => {
      check(found);
      return readUpTo(file, mostBytes, quoted(path));
    }),
  );
}

/** Like `readRegularFile` for a path that a user gave, so it follows links; `check` may throw before the file is read. */
export function readNamedFile(path: string, mostBytes: number, check: (found: fs.Stats) => void): Buffer | null {
  return orWhenMissing(() => readFollowed(path, mostBytes, check, quoted(path)));
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
  return readFollowed(path, mostBytes, check, "it");
}

/** Reads standard input to its end. Throws FileTooLongError. */
export async function readStandardInput(mostBytes = USUAL_MOST_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    total += bytes.length;
    if (total > mostBytes) throw tooLong(quoted("standard input"), mostBytes);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Reads a regular file that this process's user owns and no other user may write; null for any other file. */
export function readOwnFile(path: string, mostBytes: number): Buffer | null {
  return orWhenMissing(() =>
    withRegularFile(path, O_RDONLY, (file, found) =>
      isOursAlone(found) ? readUpTo(file, mostBytes, quoted(path)) : null,
    ),
  );
}

/** Whether this process's user owns it and no other user may write to it. */
export function isOursAlone({ uid, mode }: Pick<fs.Stats, "uid" | "mode">): boolean {
  return uid === process.geteuid?.() && (mode & WRITABLE_BY_OTHERS) === 0;
}

/**
 * Reads a regular file of this process's user or of root that no other user may write; null if it does not exist. Throws
 * UnsafeFileError for any other file, as `readRegularFile` does.
 */
export function readTrustedFile(path: string, mostBytes: number): Buffer | null {
  return readRegularFile(path, mostBytes, (found) => {
    const problem = ownershipProblem(found);
    if (problem !== null) throw new UnsafeFileError(quoted(path), problem);
  });
}

/**
 * Why another user may have written a file, as the end of a sentence that names it: its owner is neither root nor this process's user,
 * or others may write; null if no other user can.
 */
export function ownershipProblem({ uid, mode }: Pick<fs.Stats, "uid" | "mode">, mostMode = "0644"): string | null {
  const user = process.geteuid?.();
  if (uid !== user && uid !== ROOT)
    return `belongs to user ${uid}, not to root or to user ${user}, which this process runs as`;
  return modeProblem(mode, mostMode);
}

/**
 * Throws unless a secret's file is readable by its owner alone, and that is root or this process's user: whoever else owns it
 * knows the secret, and may replace it by one of his own.
 */
export function checkSecret(path: string, found: fs.Stats): void {
  checkPrivate(path, found);
  const problem = ownershipProblem(found);
  if (problem !== null) throw new UnsafeFileError(quoted(path), problem);
}

/**
 * Whether a user's files in the work folder count as ours: those of this process's user, of root, and for root those of
 * the folder's owner, since a deployment may change `runWith` to root. Only for files that such a change must not lose
 * and whose content is not trusted.
 */
export function isOwnOrInherited(work: string, uid: number): boolean {
  const user = process.geteuid?.();
  return uid === user || uid === ROOT || (user === ROOT && uid === fs.statSync(work).uid);
}

/**
 * Reads a regular file of the work folder that is ours, as `isOwnOrInherited` says, and that no other user may write; null if it
 * does not exist. Throws UnsafeFileError for any other file, as `readRegularFile` does.
 */
export function readInheritedFile(work: string, name: string, mostBytes: number): Buffer | null {
  const path = `${work}/${name}`;
  return readRegularFile(path, mostBytes, ({ uid, mode }) => {
    const problem = isOwnOrInherited(work, uid) ? modeProblem(mode, "0644") : `belongs to user ${uid}`;
    if (problem !== null) throw new UnsafeFileError(quoted(path), problem);
  });
}

/** As `ownershipProblem` of the file at a path, without following a link in its last part; null if there is nothing. */
export function pathProblem(path: string): string | null {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isSymbolicLink()) return "is a link";
  return ownershipProblem(found, found.isDirectory() ? "0755" : "0644");
}

/** Why a folder cannot be trusted with our files; null if it can, or does not exist. Never throws. */
export function folderProblem(path: string): string | null {
  let found: fs.Stats;
  try {
    found = fs.lstatSync(path);
  } catch (error) {
    return codeOf(error) === "ENOENT" ? null : `"${path}" cannot be checked: ${reasonOf(error)}`;
  }
  if (found.isSymbolicLink()) return `"${path}" is a link, not a folder`;
  if (!found.isDirectory()) return `"${path}" is not a folder`;
  const user = process.geteuid?.();
  if (found.uid !== user) return `"${path}" belongs to user ${found.uid}, not to user ${user}, who runs this process`;
  const problem = modeProblem(found.mode, "0755");
  return problem === null ? null : `"${path}" ${problem}`;
}

function modeProblem(mode: number, most: string): string | null {
  if ((mode & WRITABLE_BY_OTHERS) === 0) return null;
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  return `may be written by others: its mode is ${bits}, must be ${most} or less`;
}

function readFollowed(path: string, mostBytes: number, check: (found: fs.Stats) => void, subject: string): Buffer {
  const read = (file: number, found: fs.Stats) => {
    check(found);
    return readUpTo(file, mostBytes, subject);
  };
  return withOpenFile(path, O_RDONLY, read, subject);
}

function withOpenFile<T>(path: string, flags: number, use: (file: number, found: fs.Stats) => T, subject: string): T {
  const file = openWithoutWaiting(path, flags, subject);
  try {
    const found = fs.fstatSync(file);
    if (found.isDirectory()) throw new UnsafeFileError(subject, "is a folder, not a regular file");
    if (!found.isFile()) throw new UnsafeFileError(subject, "is not a regular file");
    return use(file, found);
  } finally {
    fs.closeSync(file);
  }
}

/** Reads until the end, since files under /proc do not say how long they are. */
function readUpTo(file: number, mostBytes: number, subject: string): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, mostBytes + 1 - total));
    const bytes = fs.readSync(file, chunk, 0, chunk.length, null);
    if (bytes === 0) return Buffer.concat(chunks);
    total += bytes;
    if (total > mostBytes) throw tooLong(subject, mostBytes);
    chunks.push(chunk.subarray(0, bytes));
  }
}

function tooLong(subject: string, mostBytes: number): FileTooLongError {
  return new FileTooLongError(subject, `has more than ${mostBytes} bytes`);
}

function openWithoutWaiting(path: string, flags: number, subject: string): number {
  try {
    return fs.openSync(path, flags | O_NONBLOCK | O_NOCTTY, 0o600);
  } catch (error) {
    const what = NOT_FILES[codeOf(error) ?? ""];
    if (what === undefined) throw error;
    throw new UnsafeFileError(subject, `is ${what}, not a regular file`, { cause: error });
  }
}

const NOT_FILES: Readonly<Record<string, string>> = {
  ELOOP: "a link",
  ENXIO: "a socket or a pipe",
  EISDIR: "a folder",
};

function quoted(path: string): string {
  return `"${path}"`;
}

function orWhenMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}
