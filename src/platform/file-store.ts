import * as fs from "node:fs";
import { join } from "node:path";

/** A folder of small files. Writes are atomic and on the disk when they return; names are plain file names. */
export interface FileStore {
  /** Names in alphabetical order. */
  list(): readonly string[];
  /** Null where there is no such file. Throws when it cannot be read. */
  read(name: string): string | null;
  write(name: string, text: string): void;
  remove(name: string): void;
}

/**
 * A folder of small files, made with mode 0700 (files 0600) when first written to.
 * A write is atomic and durable when it returns: temporary file, fsync, rename, fsync of the folder.
 * Names are plain file names; anything else throws.
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
      try {
        return fs.readFileSync(pathOf(name), "utf8");
      } catch (error) {
        if (codeOf(error) === "ENOENT") return null;
        throw error;
      }
    },
    write(name, text) {
      const path = pathOf(name);
      const temporary = join(folder, `.${name}.tmp`);
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeDurably(temporary, text);
      fs.renameSync(temporary, path);
      syncFolder(folder);
    },
    remove(name) {
      fs.rmSync(pathOf(name), { force: true });
    },
  };
}

function writeDurably(path: string, text: string): void {
  const file = fs.openSync(path, "w", 0o600);
  try {
    fs.writeFileSync(file, text);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const handle = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
