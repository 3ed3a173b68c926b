import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * A text that changes when one of the files does: by inode, size and time of change; a folder with its first 100 entries;
 * files under /proc and /sys, whose times say nothing, by their content. A file that is not there or cannot be read has a word of its own. Takes well under a
 * millisecond for a dozen files.
 */
export function fingerprintFiles(paths: readonly string[]): string {
  return paths.map((path) => (/\/(proc|sys)\//.test(path) ? contentOf(path) : stateOf(path))).join("|");
}

const MOST_ENTRIES = 100;

function stateOf(path: string): string {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return "none";
    const entries = found.isDirectory() ? readdirSync(path).sort().slice(0, MOST_ENTRIES) : [];
    const inside = entries.map((name) => {
      const entry = statSync(join(path, name), { throwIfNoEntry: false });
      return `${name},${entry?.ino},${entry?.size},${entry?.mtimeMs}`;
    });
    return [`${found.ino},${found.size},${found.mtimeMs}`, ...inside].join(";");
  } catch (error) {
    return codeOf(error);
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(0, 1_000);
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
