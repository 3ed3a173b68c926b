import type { FileType, Host, Uname } from "../../src/device/host.js";
import { chain, found } from "../../src/device/lookups.js";
import { type Tree, type TreeNode, treeHost } from "../../src/device/snapshot/tree-host.js";

/** What stands at a path: text, bytes, or something special. Folders follow from the paths. */
export type Entry =
  | string
  | Uint8Array
  | { readonly link: string }
  | { readonly kind: FileType; readonly denied?: string }
  | { readonly unreadable: string };

export interface FakeTree {
  readonly [path: string]: Entry;
}

/** A machine in memory that keeps every promise of the port. */
export function fakeHost(tree: FakeTree, uname: Uname | null = null): Host {
  const host = treeHost({ ...treeFrom(tree), uname });
  return {
    ...host,
    scan: (path, limitBytes, each) =>
      host.scan(path, limitBytes, (piece) => {
        // Odd pieces, so that every boundary is met.
        for (let from = 0; from < piece.length; from += 97) each(piece.slice(from, from + 97));
      }),
    freeBytes: (path) => chain(host.kind(path), () => found(10 * 1024 ** 3)),
  };
}

/** The same as a tree in memory. */
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
  const freeBytes = new Map([["/", 10 * 1024 ** 3]]);
  return { uname: null, nodes, answers: { unreadable, denied, freeBytes, environment: new Map() } };
}

function nodeOf(entry: Entry): TreeNode {
  if (typeof entry === "string") return { kind: "file", content: Buffer.from(entry, "latin1") };
  if (entry instanceof Uint8Array) return { kind: "file", content: entry };
  if ("link" in entry) return { kind: "link", target: entry.link };
  if ("kind" in entry && entry.kind !== "file") return { kind: entry.kind };
  return { kind: "file", sizeBytes: null, slices: [] };
}

/** What uname says on a 64-bit machine. */
export function someUname(machine: "aarch64" | "x86_64" | "armv7l" = "x86_64"): Uname {
  return { sysname: "Linux", release: "5.4.0", machine, from: "uname" };
}

/** The first bytes of an ELF program. */
export function elf(bits: 32 | 64, machine: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits === 32 ? 1 : 2, 1, 1]);
  bytes[18] = machine & 0xff;
  bytes[19] = machine >> 8;
  return bytes;
}
