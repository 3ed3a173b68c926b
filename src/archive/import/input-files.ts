import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { codeOf, InvalidInputError } from "../../base/errors.js";
import { quoted } from "../../job/job-names.js";

/** The largest file that an import reads, unpacked: a CloudTrail log of a busy account. */
const MOST_BYTES = 67_108_864;
const DEEPEST = 16;

/**
 * The files that the user named, in order, and those in the folders that the user named, sorted by name. Hidden files and
 * symbolic links inside folders are left out. Throws InvalidInputError for a path that does not exist.
 */
export async function importFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const what = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw new InvalidInputError(
        `Cannot import ${quoted(path, 300)}: ${cause.code === "ENOENT" ? "does not exist" : cause.code}`,
      );
    });
    if (what.isDirectory()) await addFilesIn(path, 0, found);
    else found.push(path);
  }
  return found;
}

async function addFilesIn(folder: string, depth: number, found: string[]): Promise<void> {
  if (depth > DEEPEST) return;
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await addFilesIn(path, depth + 1, found);
    else if (entry.isFile()) found.push(path);
  }
}

/** A file's bytes, unpacked when they are gzip. Throws InvalidInputError when it cannot be read or is too large. */
export async function readImport(path: string): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown) => new InvalidInputError(why, { cause });
  let bytes: Uint8Array;
  try {
    const what = await stat(path);
    if (!what.isFile()) throw refuse("is not a regular file");
    if (what.size > MOST_BYTES) throw refuse(`has more than ${MOST_BYTES} bytes`);
    const file = await open(path, "r");
    try {
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    throw refuse(`cannot be read (${codeOf(cause)})`, cause);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw refuse(`is a damaged gzip file, or unpacks to more than ${MOST_BYTES} bytes`, cause);
  }
}
