import type { Tree, TreeNode } from "../../../src/device/snapshot/tree-host.js";
import type { Entry, FakeTree } from "../fake-host.js";

/** A fake host's tree as a tree in memory. */
export function treeFrom(entries: FakeTree): Tree {
  const unreadable = new Map<string, string>();
  const denied = new Map<string, string | null>();
  const nodes = new Map(
    Object.entries(entries).map(([path, entry]) => {
      if (typeof entry === "object" && "unreadable" in entry) unreadable.set(path, entry.unreadable);
      if (typeof entry === "object" && "denied" in entry && entry.denied !== undefined) {
        denied.set(`read ${path}`, entry.denied).set(`read-write ${path}`, entry.denied);
      }
      return [path, nodeOf(entry)] as const;
    }),
  );
  return { uname: null, nodes, answers: { unreadable, denied, freeBytes: new Map([["/", 10 * 1024 ** 3]]) } };
}

function nodeOf(entry: Entry): TreeNode {
  if (typeof entry === "string") return { kind: "file", content: Buffer.from(entry, "latin1") };
  if (entry instanceof Uint8Array) return { kind: "file", content: entry };
  if ("link" in entry) return { kind: "link", target: entry.link };
  if ("kind" in entry)
    return entry.kind === "file" ? { kind: "file", content: new Uint8Array() } : { kind: entry.kind };
  return { kind: "file", content: new Uint8Array() };
}
