import * as fs from "node:fs";
import { join } from "node:path";
import { codeOf } from "../base/errors.js";
import { writeDurablySync } from "./durable-files.js";
import { ownershipProblem, readTrustedFile } from "./safe-files.js";

/** Far larger than any of our own small files. */
export const MOST_STORED_BYTES = 4 * 2 ** 20;

/** A folder of small files. Writes are atomic and on disk when they return; names are plain file names. */
export interface FileStore {
  /** Names in alphabetical order. */
  list(): readonly string[];
  /**
   * Null if there is no such file. Throws if it cannot be read, is not a regular file or too large, or if anyone but this process's
   * user and root may have written it.
   */
  read(name: string): string | null;
  write(name: string, text: string): void;
  remove(name: string): void;
}

/**
 * Opens a folder of small files, created with mode 0700 (files 0600) by the first write. Throws for names that are not plain
 * file names.
 */
export function fileStore(folder: string): FileStore {
  const pathOf = (name: string) => {
    if (!/^[\w.-]{1,200}$/.test(name) || name.startsWith(".")) throw new Error(`Not a plain file name: "${name}"`);
    return join(folder, name);
  };

  return {
    list() {
      try {
        return fs
          .readdirSync(folder)
          .filter((name) => !name.startsWith("."))
          .sort();
      } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
      }
    },
    read(name) {
      return readTrustedFile(pathOf(name), MOST_STORED_BYTES)?.toString("utf8") ?? null;
    },
    write(name, text) {
      const path = pathOf(name);
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeDurablySync(path, text);
    },
    remove(name) {
      fs.rmSync(pathOf(name), { force: true });
    },
  };
}

/**
 * The first of these files that is not read because another user may have written it, in words; null if there is none. Never
 * throws: what cannot even be looked at is not read either, and what reads it reports that.
 */
export function untrustedFileIn(folder: string, names: readonly string[]): string | null {
  for (const name of names) {
    const path = join(folder, name);
    const found = lstatOrNull(path);
    const problem = found?.isFile() ? ownershipProblem(found) : null;
    if (problem !== null) return `"${path}" ${problem}`;
  }
  return null;
}

function lstatOrNull(path: string): fs.Stats | null {
  try {
    return fs.lstatSync(path);
  } catch {
    return null;
  }
}
