import { isObject, type JsonObject } from "../base/json.js";
import {
  type Branch,
  conflictsWith,
  type FoldKey,
  newestTime,
  nodeAt,
  plainValue,
  wrapped,
} from "./configuration-nodes.js";
import { FLAVOURS, type Flavour } from "./flavour.js";
import { sameJson } from "./json-objects.js";

/** A component's configuration: a tree of maps whose leaves each know when they were last set. */
export interface ConfigurationTree {
  /** The node at a path, or null: a leaf with its stored name, or a map. */
  find(path: readonly string[]): { readonly leaf: boolean; readonly name: string; readonly value: unknown } | null;
  /** The newest time (ms) of anything at or below the path. */
  modifiedAt(path: readonly string[]): number;
  /**
   * Merges a value: maps by key, lists and scalars replaced whole; a leaf that is newer than `at` (ms) stays. Throws
   * ValueTooLongError where lite cannot store a value: what came before it in the same merge has been written, as there.
   */
  merge(path: readonly string[], value: unknown, at: number): void;
  /** Merges only what is missing. */
  fillIn(value: JsonObject, at: number): void;
  /** Whether merging would turn a map into a leaf or a leaf into a map. */
  conflicts(path: readonly string[], value: unknown): boolean;
  /** Removes a node and everything below; the empty path empties the tree. */
  remove(path: readonly string[]): void;
  /** Calls with the path of each changed or removed node at or below `path`; returns how to stop. */
  watch(path: readonly string[], listener: (changed: readonly string[]) => void): () => void;
}

/** A list, text or number whose JSON is longer than nucleus lite's buffer for one value (ggconfig_process_nonmap). */
export class ValueTooLongError extends Error {
  constructor(readonly path: readonly string[]) {
    super(`Json encode failed for key ${path.join("/")}`);
  }
}

interface Watcher {
  readonly path: readonly string[];
  readonly listener: (changed: readonly string[]) => void;
}

/** The parameters of one merge. */
interface Merge {
  readonly fold: FoldKey;
  readonly at: number;
  readonly replaces: boolean;
  readonly maxValueBytes: number;
  readonly onChange: (path: readonly string[], removed: boolean) => void;
}

/** A tree holding `value` since `at`. The classic nucleus compares keys without case, sorts them and hides those starting with `_`. */
export function configurationTree(style: Flavour, value: JsonObject, at: number): ConfigurationTree {
  const fold: FoldKey = (key) => (style === "classic" ? key.toLowerCase() : key);
  const { maxValueBytes } = FLAVOURS[style];
  const root: Branch = { kind: "branch", name: "", children: new Map(), at };
  const watchers = new Set<Watcher>();
  const onChange = (changed: readonly string[], removed: boolean) => {
    const folded = changed.map(fold);
    for (const { path, listener } of [...watchers]) if (concerns(path, folded, removed)) listener(changed);
  };
  const mergeAtTop = (next: unknown, when: number, replaces: boolean) => {
    if (isObject(next)) mergeInto({ fold, at: when, replaces, maxValueBytes, onChange }, root, [], next);
  };
  mergeAtTop(value, at, true);

  return {
    find(path) {
      const node = nodeAt(root, path, fold);
      return node && { leaf: node.kind === "leaf", name: node.name, value: plainValue(node, style) };
    },
    modifiedAt(path) {
      const node = nodeAt(root, path, fold);
      return node ? newestTime(node) : 0;
    },
    merge: (path, next, when) => mergeAtTop(wrapped(path, next), when, true),
    fillIn: (next, when) => mergeAtTop(next, when, false),
    conflicts: (path, next) => conflictsWith(root, wrapped(path, next), fold),
    remove(path) {
      const last = path.at(-1);
      if (last === undefined) {
        for (const { name } of [...root.children.values()])
          if (root.children.delete(fold(name))) onChange([name], true);
        return;
      }
      const parent = nodeAt(root, path.slice(0, -1), fold);
      if (parent?.kind === "branch" && parent.children.delete(fold(last))) onChange([...path], true);
    },
    watch(path, listener) {
      const watcher = { path: path.map(fold), listener };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

/** Whether a watcher of `path` is notified of a change: at or below it, or above it when that was removed. */
function concerns(path: readonly string[], changed: readonly string[], removed: boolean): boolean {
  if (path.every((key, i) => key === changed[i])) return true;
  return removed && changed.every((key, i) => key === path[i]);
}

function mergeInto(merge: Merge, parent: Branch, parentPath: readonly string[], entries: JsonObject): void {
  for (const [key, next] of Object.entries(entries)) {
    const path = [...parentPath, parent.children.get(merge.fold(key))?.name ?? key];
    if (!isObject(next)) {
      setLeaf(merge, parent, key, path, next);
      continue;
    }
    const branch = branchIn(merge, parent, key, path);
    if (branch) mergeInto(merge, branch, path, next);
  }
}

function setLeaf(merge: Merge, parent: Branch, key: string, path: readonly string[], next: unknown): void {
  if (Buffer.byteLength(JSON.stringify(next) ?? "") > merge.maxValueBytes) throw new ValueTooLongError(path);
  const folded = merge.fold(key);
  const existing = parent.children.get(folded);
  if (existing && !merge.replaces) return;
  if (existing?.kind === "leaf") {
    if (merge.at < existing.at) return;
    existing.at = merge.at;
    if (sameJson(existing.value, next)) return;
    existing.value = structuredClone(next);
  } else {
    if (existing && parent.children.delete(folded)) merge.onChange(path, true);
    parent.children.set(folded, { kind: "leaf", name: key, value: structuredClone(next), at: merge.at });
  }
  merge.onChange(path, false);
}

/** The map under a key, created if missing; null if the key has a value that must not be replaced. */
function branchIn(merge: Merge, parent: Branch, key: string, path: readonly string[]): Branch | null {
  const folded = merge.fold(key);
  const existing = parent.children.get(folded);
  if (existing?.kind === "branch") return existing;
  if (existing) {
    if (!merge.replaces) return null;
    parent.children.delete(folded);
    merge.onChange(path, true);
  }
  const made: Branch = { kind: "branch", name: key, children: new Map(), at: merge.at };
  parent.children.set(folded, made);
  return made;
}
