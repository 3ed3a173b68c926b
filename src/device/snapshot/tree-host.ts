import { type FileType, type Host, type Lookup, MOST_BYTES, type Uname, USUAL_BYTES } from "../host.js";
import { chain, followLinks, found, notFile, ONLY_RUNNING, tooLarge } from "../lookups.js";

/** What is at one path of a tree in memory. */
export type TreeNode =
  | { readonly kind: "folder" }
  | { readonly kind: "link"; readonly target: string }
  /** A file read whole. */
  | { readonly kind: "file"; readonly content: Uint8Array }
  /** A file of which only some parts, possibly none, are known. */
  | { readonly kind: "file"; readonly sizeBytes: number | null; readonly slices: readonly Slice[] }
  | { readonly kind: Exclude<FileType, "file" | "folder"> };

/** Some bytes of a file. */
export interface Slice {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Answers that only the machine itself can give, as it gave them. Keys are paths. */
interface ProbeResults {
  readonly unreadable: ReadonlyMap<string, string>;
  /** By `MODE PATH`; null where access is granted. */
  readonly denied: ReadonlyMap<string, string | null>;
  readonly freeBytes: ReadonlyMap<string, number>;
  /** Variables of components' processes, by `COMPONENT NAME`. */
  readonly environment: ReadonlyMap<string, string>;
}

/** A machine in memory. Keys are absolute paths; the folders above each are implied. */
export interface Tree {
  readonly uname: Uname | null;
  readonly nodes: ReadonlyMap<string, TreeNode>;
  readonly answers: ProbeResults;
}

const NOT_RECORDED: Lookup<never> = { state: "unreadable", why: "this part of the file is not in the snapshot" };
const PIECE_BYTES = 64 * 1024;

/** A host that reads a tree in memory. */
export function treeHost({ uname, nodes, answers }: Tree): Host {
  const children = childrenOf(nodes);
  const resolve = (path: string) => resolved(path, nodes, children);
  const load = (path: string, limitBytes: number) =>
    chain(resolve(path), (real) => contentOf(real, nodes.get(real), answers, limitBytes));
  const part = (real: string, offset: number, sizeBytes: number) =>
    partOf(real, nodes.get(real), answers, offset, Math.min(sizeBytes, MOST_BYTES));
  return {
    uname: () => (uname === null ? { state: "absent" } : found(uname)),
    text: (path, limitBytes = USUAL_BYTES) =>
      chain(load(path, Math.min(limitBytes, MOST_BYTES)), (bytes) => found(latin1(bytes))),
    bytes: (path, limitBytes = USUAL_BYTES) => load(path, Math.min(limitBytes, MOST_BYTES)),
    head: (path, sizeBytes) =>
      chain(resolve(path), (real) => chain(part(real, 0, sizeBytes), (bytes) => found(latin1(bytes)))),
    slice: (path, offset, sizeBytes) => chain(resolve(path), (real) => part(real, offset, sizeBytes)),
    open: (path, use) =>
      chain(resolve(path), (real) =>
        chain(part(real, 0, 0), () => found(use((offset, sizeBytes) => part(real, offset, sizeBytes)))),
      ),
    size: (path) =>
      chain(resolve(path), (real) => {
        const node = nodes.get(real);
        const size = sizeOf(node);
        if (size !== null) return found(size);
        const why = answers.unreadable.get(real);
        if (why !== undefined) return { state: "unreadable", why };
        return node?.kind === "file" ? NOT_RECORDED : notFile(kindOf(node));
      }),
    scan: (path, limitBytes, each) =>
      chain(load(path, limitBytes), (bytes) => {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) each(latin1(bytes.subarray(at, at + PIECE_BYTES)));
        return found(bytes.length);
      }),
    list: (path) =>
      chain(resolve(path), (real) => {
        const why = answers.unreadable.get(real);
        if (why !== undefined) return { state: "unreadable", why };
        const names = children.get(real);
        return names === undefined ? { state: "absent" } : found([...names]);
      }),
    link: (path) => {
      const cut = path.lastIndexOf("/");
      return chain(resolve(path.slice(0, cut) || "/"), (folder) => {
        const node = nodes.get(below(folder, path.slice(cut + 1)));
        return node?.kind === "link" ? found(node.target) : { state: "absent" };
      });
    },
    resolve,
    kind: (path) => chain(resolve(path), (real) => found(kindOf(nodes.get(real)))),
    denied: (path, mode) =>
      chain(resolve(path), (real) =>
        found(answers.denied.get(`${mode} ${real}`) ?? answers.unreadable.get(real) ?? null),
      ),
    freeBytes: (path) =>
      chain(resolve(path), (real) => {
        const free = answers.freeBytes.get(real);
        return free === undefined ? ONLY_RUNNING : found(free);
      }),
    environment: (component, name) => {
      const key = variableKey(component, name);
      const why = answers.unreadable.get(key);
      if (why !== undefined) return { state: "unreadable", why };
      const value = answers.environment.get(key);
      return value === undefined ? { state: "absent" } : found(value);
    },
  };
}

/** The key of a variable of a component's processes in `ProbeResults.environment`. */
export function variableKey(component: string, name: string): string {
  return `${component} ${name}`;
}

/** The names in each folder, implied folders included. */
function childrenOf(nodes: ReadonlyMap<string, TreeNode>): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map<string, Set<string>>([["/", new Set()]]);
  for (const [path, node] of nodes) {
    if (node.kind === "folder" && !children.has(path)) children.set(path, new Set());
    for (let rest = path; rest !== "/"; ) {
      const cut = rest.lastIndexOf("/");
      const folder = rest.slice(0, cut) || "/";
      const names = children.get(folder) ?? new Set();
      children.set(folder, names.add(rest.slice(cut + 1)));
      rest = folder;
    }
  }
  return children;
}

function resolved(
  path: string,
  nodes: ReadonlyMap<string, TreeNode>,
  children: ReadonlyMap<string, ReadonlySet<string>>,
): Lookup<string> {
  return followLinks(path, (at) => {
    const node = nodes.get(at);
    if (node === undefined && !children.has(at)) return { state: "absent" };
    return found(node?.kind === "link" ? node.target : null);
  });
}

function contentOf(
  path: string,
  node: TreeNode | undefined,
  answers: ProbeResults,
  limitBytes: number,
): Lookup<Uint8Array> {
  const size = sizeOf(node);
  if (size === null && node?.kind === "file" && !answers.unreadable.has(path)) return NOT_RECORDED;
  if (size !== null && size > limitBytes) {
    return tooLarge(size, limitBytes);
  }
  return partOf(path, node, answers, 0, size ?? 0);
}

/** Bytes of a file from a position on; fewer where it ends. */
function partOf(
  path: string,
  node: TreeNode | undefined,
  answers: ProbeResults,
  at: number,
  sizeBytes: number,
): Lookup<Uint8Array> {
  const why = answers.unreadable.get(path);
  if (why !== undefined) return { state: "unreadable", why };
  if (node?.kind !== "file") return notFile(kindOf(node));
  if ("content" in node) return found(node.content.subarray(at, at + sizeBytes));
  const end = Math.min(at + sizeBytes, node.sizeBytes ?? Number.POSITIVE_INFINITY);
  if (end <= at) return found(new Uint8Array());
  const slice = node.slices.find((one) => one.at <= at && one.at + one.bytes.length >= end);
  if (slice === undefined) return NOT_RECORDED;
  return found(slice.bytes.subarray(at - slice.at, end - slice.at));
}

function sizeOf(node: TreeNode | undefined): number | null {
  if (node?.kind !== "file") return null;
  return "content" in node ? node.content.length : node.sizeBytes;
}

function kindOf(node: TreeNode | undefined): FileType {
  return node === undefined || node.kind === "link" ? "folder" : node.kind;
}

function below(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
