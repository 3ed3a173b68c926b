import { isObject, type JsonObject } from "../base/json.js";
import { compareTexts } from "../base/text.js";

/** A value of a configuration, with the time (ms) at which it was last set. */
interface Leaf {
  readonly kind: "leaf";
  readonly name: string;
  value: unknown;
  at: number;
}

/** A map of a configuration; the keys of `children` are folded. */
export interface Branch {
  readonly kind: "branch";
  readonly name: string;
  readonly children: Map<string, ConfigurationNode>;
  readonly at: number;
}

type ConfigurationNode = Leaf | Branch;

/** The form in which keys are compared: classic ignores case. */
export type FoldKey = (key: string) => string;

/** The node at a path, or null. */
export function nodeAt(root: Branch, path: readonly string[], fold: FoldKey): ConfigurationNode | null {
  let node: ConfigurationNode = root;
  for (const key of path) {
    const child: ConfigurationNode | undefined = node.kind === "branch" ? node.children.get(fold(key)) : undefined;
    if (!child) return null;
    node = child;
  }
  return node;
}

/** A node as JSON data; classic sorts the keys and leaves out those that start with `_`. */
export function plainValue(node: ConfigurationNode, style: "classic" | "lite"): unknown {
  if (node.kind === "leaf") return structuredClone(node.value);
  const all = [...node.children];
  const shown =
    style === "lite" ? all : all.filter(([, { name }]) => !name.startsWith("_")).sort(([a], [b]) => compareTexts(a, b));
  return Object.fromEntries(shown.map(([, child]) => [child.name, plainValue(child, style)]));
}

/** The newest time at or below a node. */
export function newestTime(node: ConfigurationNode): number {
  if (node.kind === "leaf" || node.children.size === 0) return node.at;
  return Math.max(...[...node.children.values()].map(newestTime));
}

/** Whether merging `value` over a node would turn a map into a leaf or a leaf into a map. */
export function conflictsWith(node: ConfigurationNode | null, value: unknown, fold: FoldKey): boolean {
  if (node === null) return false;
  if (node.kind === "leaf") return isObject(value);
  if (!isObject(value)) return true;
  return Object.entries(value).some(([key, child]) => conflictsWith(node.children.get(fold(key)) ?? null, child, fold));
}

/** A value wrapped in one map for each key of a path: merging it at the top is merging the value at the path. */
export function wrapped(path: readonly string[], value: unknown): unknown {
  return [...path].reverse().reduce((inner: unknown, key): JsonObject => ({ [key]: inner }), value);
}
