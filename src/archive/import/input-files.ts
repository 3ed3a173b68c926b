import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { codeOf, InvalidInputError } from "../../base/errors.js";
import { quoted } from "../../job/job-names.js";
import { readExistingFile, UnsafeFileError } from "../../platform/safe-files.js";

/** The largest file that an import reads, unpacked: a CloudTrail log of a busy account. */
const MOST_BYTES = 67_108_864;
const DEEPEST = 16;

/** What a path that the user named leads to. */
export interface ImportInput {
  readonly path: string;
  readonly isFolder: boolean;
  /** The file, or those in the folder, sorted by name. */
  readonly files: readonly string[];
  /** The folders of packaged models in the folder, itself included, sorted by name. */
  readonly models: readonly string[];
}

/**
 * The inputs that the user named, in order. Hidden files and symbolic links inside folders are left out, and so is everything in
 * a packaged model but what may be its recipe. Throws InvalidInputError for a path that does not exist.
 */
export async function importInputs(
  paths: readonly string[],
  isModel: (folder: string) => boolean,
): Promise<readonly ImportInput[]> {
  const inputs: ImportInput[] = [];
  for (const path of paths) {
    const what = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw new InvalidInputError(
        `Cannot import ${quoted(path, 300)}: ${cause.code === "ENOENT" ? "does not exist" : cause.code}`,
      );
    });
    if (!what.isDirectory()) {
      inputs.push({ path, isFolder: false, files: [path], models: [] });
      continue;
    }
    const [files, models]: [string[], string[]] = [[], []];
    await addFilesIn(path, 0, { files, models, isModel });
    inputs.push({ path, isFolder: true, files, models });
  }
  return inputs;
}

interface Found {
  readonly files: string[];
  readonly models: string[];
  readonly isModel: (folder: string) => boolean;
}

async function addFilesIn(folder: string, depth: number, found: Found): Promise<void> {
  if (depth > DEEPEST) return;
  const isModel = found.isModel(folder);
  if (isModel) found.models.push(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !isModel) await addFilesIn(path, depth + 1, found);
    else if (entry.isFile() && (!isModel || RECIPE_FILE.test(entry.name))) found.files.push(path);
  }
}

/** A recipe that was put next to the model's files. */
const RECIPE_FILE = /recipe.*\.(?:json|ya?ml)$|\.ya?ml$/i;

/** A file's bytes, unpacked when they are gzip. Throws InvalidInputError when it cannot be read or is too large. */
export function readImport(path: string): Uint8Array {
  const refuse = (why: string, cause?: unknown) => new InvalidInputError(why, { cause });
  let bytes: Uint8Array;
  try {
    bytes = readExistingFile(path, MOST_BYTES);
  } catch (cause) {
    if (cause instanceof UnsafeFileError) throw refuse(cause.why, cause);
    throw refuse(`cannot be read (${codeOf(cause)})`, cause);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw refuse(`is a damaged gzip file, or unpacks to more than ${MOST_BYTES} bytes`, cause);
  }
}
