import { statSync } from "node:fs";
import { ExpectedError, InvalidInputError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { reasonOf } from "../../base/system-errors.js";
import { parseExpectedThings } from "../../fleet/feed/expected-things.js";
import { readExistingFile } from "../../platform/safe-files.js";

/** More than the names of a million things. */
export const MOST_LIST_BYTES = 256 * 2 ** 20;

/** The dependencies of following a list of things. */
interface ThingsFileParts {
  readonly path: string;
  readonly log: Log;
  /** Makes these things the expected ones. */
  readonly expect: (things: readonly string[]) => Promise<void>;
}

/** A list of things that is reread when its file changes. */
interface ThingsFile {
  /** Call it every few seconds. Throws no ExpectedError. */
  refresh(): Promise<void>;
}

/**
 * Follows the file from its current version on. A new version counts when two reads in a row have found it, since it
 * may be half written before. While the file is missing, broken or empty, the previous list stays in force, which is
 * logged once for each version.
 */
export function thingsFile(parts: ThingsFileParts): ThingsFile {
  const { path, log, expect } = parts;
  let applied = versionOf(path);
  let seen = applied;
  let refused: string | null = null;
  let failed: string | null = null;
  let isReading = false;

  async function apply(version: string): Promise<void> {
    try {
      const things = readThings(path);
      // It was written meanwhile: read it again.
      if (versionOf(path) !== version) return;
      await expect(things);
      applied = version;
      log.info("things.read", { file: path, things: things.length });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (error instanceof InvalidInputError) refused = version;
      // The store may accept it later; logged once.
      if (failed !== version) log.warn("things.not-read", { file: path, message: messageOf(error) });
      failed = version;
    }
  }

  return {
    async refresh() {
      if (isReading) return;
      const version = versionOf(path);
      const isSettled = version === seen;
      seen = version;
      if (!isSettled || version === applied || version === refused) return;
      isReading = true;
      await apply(version).finally(() => {
        isReading = false;
      });
    },
  };
}

function readThings(path: string): readonly string[] {
  const things = parseExpectedThings(textOf(path));
  // Probably a file that is being written, not a fleet without devices.
  if (things.length === 0) throw new InvalidInputError("Cannot read the list of things: it names none");
  return things;
}

function textOf(path: string): string {
  try {
    return readExistingFile(path, MOST_LIST_BYTES).toString("utf8");
  } catch (cause) {
    throw new InvalidInputError(`Cannot read the list of things: ${reasonOf(cause)}`, { cause });
  }
}

function versionOf(path: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return "missing";
  }
}
