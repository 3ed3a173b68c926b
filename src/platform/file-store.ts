import * as fs from "node:fs";
import { join } from "node:path";
import { codeOf } from "../base/errors.js";
import { writeDurablySync } from "./durable-files.js";
import { readRegularFile } from "./safe-files.js";

/** Far larger than any of our own small files. */
const MOST_BYTES = 4 * 2 ** 20;

/** A folder of small files. Writes are atomic and on disk when they return; names are plain file names. */
export interface FileStore {
  /** Names in alphabetical order. */
  list(): readonly string[];
  /** Null if there is no such file. Throws if it cannot be read, is not a regular file, or is too large. */
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
      return readRegularFile(pathOf(name), MOST_BYTES)?.toString("utf8") ?? null;
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
