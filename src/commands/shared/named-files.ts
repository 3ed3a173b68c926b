import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../../base/system-errors.js";

/** A path that a user named, or one in a folder that they named. */
export interface NamedPath {
  readonly path: string;
  readonly isFolder: boolean;
  /** False for a file in a folder: there, files of other kinds are skipped, and are not a mistake. */
  readonly isNamed: boolean;
}

interface FolderRules {
  /** Whether a folder is an input by itself, such as the root of a machine. */
  readonly isWhole: (folder: string) => boolean;
  /** The files of a folder that are read. */
  readonly names: RegExp;
  /** The name of one input, for messages. */
  readonly what: string;
  readonly onProblem: (problem: string) => void;
}

const MOST_FILES = 20_000;
const MOST_DEPTH = 4;

/** The named files, and those in and below the named folders, sorted by name; a file named twice is listed once. */
export function namedPaths(paths: readonly string[], rules: FolderRules): readonly NamedPath[] {
  const met = new Set<string>();
  return paths
    .flatMap((path) => {
      const found = pathsAt(path, true, MOST_DEPTH, rules);
      if (found.length === 0)
        rules.onProblem(`Cannot read ${JSON.stringify(path)}: there is no ${rules.what} in the folder`);
      return found;
    })
    .filter(({ path }) => {
      const real = realPath(path);
      if (met.has(real)) return false;
      met.add(real);
      return true;
    });
}

function pathsAt(path: string, isNamed: boolean, depth: number, rules: FolderRules): readonly NamedPath[] {
  if (statAt(path)?.isDirectory() !== true) return [{ path, isFolder: false, isNamed }];
  if (rules.isWhole(path)) return [{ path, isFolder: true, isNamed }];
  const names = namesIn(path, rules);
  const inside = names.flatMap((name) => {
    const inner = join(path, name);
    if (statAt(inner)?.isDirectory()) return depth === 0 ? [] : pathsAt(inner, false, depth - 1, rules);
    return rules.names.test(name) ? [{ path: inner, isFolder: false, isNamed: false }] : [];
  });
  return inside.slice(0, MOST_FILES);
}

function namesIn(folder: string, { onProblem }: FolderRules): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch (error) {
    onProblem(`Cannot read the folder ${JSON.stringify(folder)}: ${reasonOf(error)}`);
    return [];
  }
}

/** What is at a path, links followed; undefined if unknown. */
export function statAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // The reader reports why it cannot be read.
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
