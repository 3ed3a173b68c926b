import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { codeOf, ExpectedError, messageOf } from "../base/errors.js";
import { readExistingFile } from "../platform/safe-files.js";
import { readCodeCache, writeCodeCache } from "./code-cache.js";

const MOST_PROGRAM_BYTES = 64 * 2 ** 20;

/** A file of the program next to packdrift.mjs, and the digest that the build found it to have. */
export interface ProgramFile {
  readonly path: string;
  readonly sha256: string;
}

/**
 * Runs a program file, which evaluates to the body of a CommonJS module, and returns its exports. With a code cache it starts
 * faster by half; V8 rejects a cache of another version of Node or another processor, and a new one is written. Throws
 * ExpectedError for a file that is missing, damaged or of another build.
 */
export function runProgramFile(
  file: ProgramFile,
  cachePath: string | null,
  require: NodeJS.Require,
): Record<string, unknown> {
  // The build writes ASCII only.
  const text = readProgramFile(file).toString("latin1");
  const cached = cachePath === null ? null : readCodeCache(cachePath, file.sha256);
  const script = new Script(text, { filename: file.path, ...(cached === null ? {} : { cachedData: cached }) });
  const module = { exports: {} };
  script.runInThisContext()(require, module, module.exports, pathToFileURL(file.path).href);
  if (cachePath !== null && (cached === null || script.cachedDataRejected)) {
    // At exit, so that it holds what was compiled on the way.
    process.once("exit", () => writeCodeCache(cachePath, file.sha256, script.createCachedData()));
  }
  return module.exports;
}

/** Why a program file cannot be run; null if it can. */
export function problemOfFile(file: ProgramFile): string | null {
  try {
    readProgramFile(file);
    return null;
  } catch (error) {
    if (error instanceof ExpectedError) return error.message;
    throw error;
  }
}

function readProgramFile({ path, sha256 }: ProgramFile): Buffer {
  const cannot = `Cannot run "${path}" of packdrift ${PACKDRIFT_VERSION}`;
  const bytes = bytesOf(path, cannot);
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== sha256) {
    throw new ExpectedError(
      `${cannot}: its SHA-256 must be ${sha256}, is ${actual}: the file is damaged or of another build; deploy the component again`,
    );
  }
  return bytes;
}

function bytesOf(path: string, cannot: string): Buffer {
  try {
    return readExistingFile(path, MOST_PROGRAM_BYTES);
  } catch (error) {
    const code = codeOf(error);
    const failed = code === undefined ? messageOf(error) : `reading failed (${code})`;
    const why = code === "ENOENT" ? "there is no such file; deploy the component again" : failed;
    throw new ExpectedError(`${cannot}: ${why}`, { cause: error });
  }
}
