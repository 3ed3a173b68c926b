import * as fs from "node:fs";
import { codeOf, ExpectedError } from "../base/errors.js";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const CHUNK_BYTES = 64 * 1024;

/** What lies at a path must not be used as a file: a link, a pipe, a device, a folder, or more bytes than allowed. */
export class UnsafeFileError extends ExpectedError {}

/**
 * Opens a regular file, hands it over and closes it. Never follows a link in the path's last part, and never waits for the other
 * end of a pipe. Throws UnsafeFileError for anything else than a regular file, and else what the file system throws.
 */
export function withRegularFile<T>(path: string, flags: number, use: (file: number, found: fs.Stats) => T): T {
  const file = openWithoutWaiting(path, flags);
  try {
    const found = fs.fstatSync(file);
    if (!found.isFile()) throw new UnsafeFileError(`"${path}" is not a regular file`);
    return use(file, found);
  } finally {
    fs.closeSync(file);
  }
}

/** The whole of a regular file; null when there is none. Throws as `withRegularFile`, and when it is longer than `mostBytes`. */
export function readRegularFile(path: string, mostBytes: number): Buffer | null {
  try {
    return withRegularFile(path, O_RDONLY, (file) => readUpTo(file, path, mostBytes));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
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
    if (total > mostBytes) throw new UnsafeFileError(`"${path}" has more than ${mostBytes} bytes`);
    chunks.push(chunk.subarray(0, bytes));
  }
}

function openWithoutWaiting(path: string, flags: number): number {
  try {
    return fs.openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
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
