import type { Budget } from "./budget.js";
import type { Unread } from "./model.js";
import type { ModelTree } from "./model-tree.js";

/** The files under some paths, in order, and what could not be listed. */
interface Walked {
  readonly files: readonly string[];
  readonly unread: readonly Unread[];
}

interface Walk {
  readonly tree: ModelTree;
  readonly budget: Budget;
  /** The real path of the folder that links must not lead out of. */
  readonly top: string;
  /** Real paths that were visited: each file is read once, and circular links end. */
  readonly met: Set<string>;
  readonly files: string[];
  readonly unread: Unread[];
}

/** Lists the regular files under the paths, sorted; a path may also be a file. Links that lead out are not followed. */
export function walkModel(tree: ModelTree, paths: readonly string[], budget: Budget): Walked {
  const files: string[] = [];
  const unread: Unread[] = [];
  const met = new Set<string>();
  for (const path of paths) {
    const real = tree.resolve(path);
    if (real.state !== "found") {
      unread.push({ path, why: real.state === "absent" ? "it is not there" : real.why });
      continue;
    }
    visit({ tree, budget, top: real.value, met, files, unread }, path, 0);
  }
  return { files, unread };
}

/** Returns false once the budget is spent. */
function visit(walk: Walk, path: string, depth: number): boolean {
  const { tree, budget, met, files, unread } = walk;
  const over = budget.spend("folderEntries");
  if (over !== null) {
    unread.push({ path, why: `${over}: this and the rest were not read` });
    return false;
  }
  const skip = (why: string) => {
    unread.push({ path, why });
    return true;
  };
  const real = tree.resolve(path);
  if (real.state === "absent") return skip("it is a link that leads nowhere");
  if (real.state === "unreadable") return skip(real.why);
  if (!isInside(walk.top, real.value)) return skip(`it is a link to ${real.value}, outside the model`);
  if (met.has(real.value)) return true;
  met.add(real.value);
  const kind = tree.kind(path);
  if (kind.state !== "found") return skip(kind.state === "absent" ? "it no longer exists" : kind.why);
  if (kind.value === "file") {
    files.push(path);
    return true;
  }
  if (kind.value !== "folder") return skip(`it is a ${kind.value}, not a file`);
  if (depth > budget.limits.depth) return skip(`it is deeper than ${budget.limits.depth} folders`);
  const names = tree.list(path);
  if (names.state !== "found") return skip(names.state === "absent" ? "it no longer exists" : names.why);
  return [...names.value].sort().every((name) => visit(walk, path === "/" ? `/${name}` : `${path}/${name}`, depth + 1));
}

function isInside(top: string, path: string): boolean {
  return path === top || top === "/" || path.startsWith(`${top}/`);
}
