import { isObject, type JsonObject } from "../base/json.js";
import { copyJson, sameJson } from "./json-objects.js";

/** A component's configuration: a tree of maps whose leaves each know when they were last set. */
export interface ConfigurationTree {
  /** The node at a path: a leaf with the name it is stored under, or a map; null when there is none. */
  find(path: readonly string[]): { readonly leaf: boolean; readonly name: string; readonly value: unknown } | null;
  /** The newest time (ms) of anything at or below the path. */
  modifiedAt(path: readonly string[]): number;
  /** Merges a value: maps by key, lists and scalars replaced whole; a leaf that is newer than `at` (ms) stays. */
  merge(path: readonly string[], value: unknown, at: number): void;
  /** Whether merging would turn a map into a leaf or a leaf into a map. */
  conflicts(path: readonly string[], value: unknown): boolean;
  /** Removes a node and all below; the empty path empties the tree. */
  remove(path: readonly string[]): void;
  /** Calls with the path of each changed or removed node at or below `path`; returns how to stop. */
  watch(path: readonly string[], listener: (changed: readonly string[]) => void): () => void;
}

type Leaf = { readonly kind: "leaf"; readonly name: string; value: unknown; at: number };
type Branch = { readonly kind: "branch"; readonly name: string; readonly children: Map<string, Node>; at: number };
type Node = Leaf | Branch;

/** A tree holding `value` since `at`. The classic nucleus compares keys without case, sorts them and hides those starting with `_`. */
export function configurationTree(style: "classic" | "lite", value: JsonObject, at: number): ConfigurationTree {
  const classic = style === "classic";
  const fold = (key: string) => (classic ? key.toLowerCase() : key);
  const root: Branch = { kind: "branch", name: "", children: new Map(), at };
  const watchers = new Set<{
    readonly path: readonly string[];
    readonly listener: (changed: readonly string[]) => void;
  }>();

  const nodeAt = (path: readonly string[]): Node | null => {
    let node: Node = root;
    for (const key of path) {
      const child: Node | undefined = node.kind === "branch" ? node.children.get(fold(key)) : undefined;
      if (!child) return null;
      node = child;
    }
    return node;
  };
  const plain = (node: Node): unknown => {
    if (node.kind === "leaf") return copyJson(node.value);
    let children = [...node.children.values()];
    if (classic) {
      children = children.filter((child) => !child.name.startsWith("_"));
      children.sort((a, b) => (fold(a.name) < fold(b.name) ? -1 : 1));
    }
    return Object.fromEntries(children.map((child) => [child.name, plain(child)]));
  };
  const newest = (node: Node): number =>
    node.kind === "leaf" || node.children.size === 0 ? node.at : Math.max(...[...node.children.values()].map(newest));
  const tell = (changed: readonly string[], removed: boolean) => {
    const folded = changed.map(fold);
    for (const { path, listener } of [...watchers]) {
      const below = path.every((key, i) => key === folded[i]);
      const above = removed && folded.every((key, i) => key === path[i]);
      if (below || above) listener(changed);
    }
  };

  const setLeaf = (parent: Branch, key: string, path: readonly string[], next: unknown, when: number): void => {
    const existing = parent.children.get(fold(key));
    if (existing?.kind === "leaf") {
      if (when < existing.at) return;
      existing.at = when;
      if (sameJson(existing.value, next)) return;
      existing.value = copyJson(next);
      tell(path, false);
      return;
    }
    if (existing) drop(parent, key, path);
    parent.children.set(fold(key), { kind: "leaf", name: key, value: copyJson(next), at: when });
    tell(path, false);
  };
  const branchIn = (parent: Branch, key: string, path: readonly string[], when: number): Branch => {
    const existing = parent.children.get(fold(key));
    if (existing?.kind === "branch") return existing;
    if (existing) drop(parent, key, path);
    const made: Branch = { kind: "branch", name: key, children: new Map(), at: when };
    parent.children.set(fold(key), made);
    return made;
  };
  const drop = (parent: Branch, key: string, path: readonly string[]): void => {
    if (parent.children.delete(fold(key))) tell(path, true);
  };
  const mergeInto = (parent: Branch, parentPath: readonly string[], entries: JsonObject, when: number): void => {
    for (const [key, next] of Object.entries(entries)) {
      const path = [...parentPath, parent.children.get(fold(key))?.name ?? key];
      if (!isObject(next)) setLeaf(parent, key, path, next, when);
      else mergeInto(branchIn(parent, key, path, when), path, next, when);
    }
  };

  const tree: ConfigurationTree = {
    find(path) {
      const node = nodeAt(path);
      return node && { leaf: node.kind === "leaf", name: node.name, value: plain(node) };
    },
    modifiedAt(path) {
      const node = nodeAt(path);
      return node ? newest(node) : 0;
    },
    merge(path, next, when) {
      // A value below a path is the same as that value wrapped in one map per key.
      const wrapped = [...path].reverse().reduce((inner, key) => ({ [key]: inner }), next);
      if (isObject(wrapped)) mergeInto(root, [], wrapped, when);
    },
    conflicts(path, next) {
      const clash = (node: Node | undefined | null, value: unknown): boolean => {
        if (!node) return false;
        if (isObject(value) !== (node.kind === "branch")) return true;
        if (node.kind === "leaf" || !isObject(value)) return false;
        return Object.entries(value).some(([key, child]) => clash(node.children.get(fold(key)), child));
      };
      return clash(
        root,
        [...path].reverse().reduce((inner, key) => ({ [key]: inner }), next),
      );
    },
    remove(path) {
      const last = path.at(-1);
      const parent = nodeAt(path.slice(0, -1));
      if (last === undefined) {
        for (const child of [...root.children.values()]) drop(root, child.name, [child.name]);
      } else if (parent?.kind === "branch") drop(parent, last, [...path]);
    },
    watch(path, listener) {
      const watcher = { path: path.map(fold), listener };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
  tree.merge([], value, at);
  return tree;
}
