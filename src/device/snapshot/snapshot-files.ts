import { InvalidInputError, messageOf } from "../../base/errors.js";
import { parseJson } from "../../base/json.js";
import { amount, anyObject, listOf, objectOf, oneOf, orNull, type Shape, text } from "../../base/shape.js";
import type { FileType, Uname } from "../host.js";
import type { Slice, Tree, TreeNode } from "./tree-host.js";

/** A member of a snapshot's archive. */
type SnapshotFile =
  | { readonly kind: "file"; readonly path: string; readonly content: Uint8Array }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const SCHEMA = "packdrift.snapshot/1";
/** The most parts of all paths together: each may be a folder, and a machine's 200,000 files have ten each. */
const MOST_PARTS = 2_000_000;
/** What the snapshot has in addition to the machine's own files: what a copy of files alone does not show. */
const NOTES = "SNAPSHOT.json";

interface Notes {
  readonly schema: string;
  readonly packdrift: string;
  readonly uname: Uname | null;
  /** The files that are in the archive with their content; of the others it has only names. */
  readonly whole: readonly string[];
  /** Files of which some bytes were read. */
  readonly parts: Readonly<
    Record<string, { readonly sizeBytes: number | null; readonly slices: readonly Base64Slice[] }>
  >;
  readonly nodes: Readonly<Record<string, FileType>>;
  readonly unreadable: Readonly<Record<string, string>>;
  readonly denied: Readonly<Record<string, string | null>>;
  readonly freeBytes: Readonly<Record<string, number>>;
  readonly environment: Readonly<Record<string, string>>;
}

interface Base64Slice {
  readonly at: number;
  readonly base64: string;
}

/** A tree as files, in the order of their paths. `UNAME.json` lets the unpacked archive serve as a root as well. */
export function snapshotFiles(tree: Tree, version: string): readonly SnapshotFile[] {
  const paths = [...tree.nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  const files = paths.flatMap(([path, node]) => fileOf(path.slice(1), node));
  return [
    { kind: "file", path: NOTES, content: json(notesOf(tree, version)) },
    ...(tree.uname === null || tree.nodes.has("/UNAME.json")
      ? []
      : [{ kind: "file", path: "UNAME.json", content: json(shortUname(tree.uname)) } as const]),
    ...files,
  ];
}

function fileOf(path: string, node: TreeNode): readonly SnapshotFile[] {
  if (node.kind === "link") return [{ kind: "link", path, target: node.target }];
  if (node.kind === "folder") return [{ kind: "folder", path }];
  if (node.kind !== "file") return [];
  return [{ kind: "file", path, content: "content" in node ? node.content : new Uint8Array() }];
}

function notesOf({ uname, nodes, answers }: Tree, version: string): Notes {
  const all = [...nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = all.flatMap(([path, node]) =>
    node.kind === "file" && "slices" in node && (node.slices.length > 0 || node.sizeBytes !== null)
      ? [[path, { sizeBytes: node.sizeBytes, slices: node.slices.map(encodeSlice) }] as const]
      : [],
  );
  return {
    schema: SCHEMA,
    packdrift: version,
    uname,
    whole: all.flatMap(([path, node]) => (node.kind === "file" && "content" in node ? [path] : [])),
    parts: Object.fromEntries(parts),
    nodes: Object.fromEntries(all.flatMap(([path, node]) => (isSpecial(node) ? [[path, node.kind] as const] : []))),
    unreadable: Object.fromEntries(answers.unreadable),
    denied: Object.fromEntries(answers.denied),
    freeBytes: Object.fromEntries(answers.freeBytes),
    environment: Object.fromEntries(answers.environment),
  };
}

/**
 * The tree in a snapshot's files. Any archive of a machine's files will do: without the snapshot's own notes, every
 * file counts as read whole. Throws InvalidInputError if the notes cannot be used.
 */
export function treeOf(files: readonly SnapshotFile[]): Tree {
  const file = files.find(({ kind, path }) => kind === "file" && path === NOTES);
  const notes = file?.kind === "file" ? parseNotes(file.content) : null;
  const whole = notes === null ? null : new Set(notes.whole);
  const nodes = new Map<string, TreeNode>();
  let parts = 0;
  for (const file of files) {
    const path = `/${file.path}`;
    const names = file.path.split("/");
    parts += names.length;
    if (parts > MOST_PARTS) throw new InvalidInputError(`its paths have more than ${MOST_PARTS} parts together`);
    if (file.path === NOTES || names.includes("..")) continue;
    if (file.kind === "link") nodes.set(path, { kind: "link", target: file.target });
    else if (file.kind === "folder") nodes.set(path, { kind: "folder" });
    else if (whole === null || whole.has(path)) nodes.set(path, { kind: "file", content: file.content });
    else nodes.set(path, { kind: "file", ...partsOf(notes, path) });
  }
  for (const [path, kind] of Object.entries(notes?.nodes ?? {})) {
    if (kind !== "file" && kind !== "folder") nodes.set(path, { kind });
  }
  const answers = {
    unreadable: new Map(Object.entries(notes?.unreadable ?? {})),
    denied: new Map(Object.entries(notes?.denied ?? {})),
    freeBytes: new Map(Object.entries(notes?.freeBytes ?? {})),
    environment: new Map(Object.entries(notes?.environment ?? {})),
  };
  return { uname: notes === null ? unameIn(files) : notes.uname, nodes, answers };
}

function partsOf(
  notes: Notes | null,
  path: string,
): { readonly sizeBytes: number | null; readonly slices: readonly Slice[] } {
  const part = notes !== null && Object.hasOwn(notes.parts, path) ? notes.parts[path] : undefined;
  return { sizeBytes: part?.sizeBytes ?? null, slices: (part?.slices ?? []).map(decodeSlice) };
}

const UNAME: Shape<Uname> = objectOf({
  sysname: orNull(text),
  release: orNull(text),
  machine: orNull(text),
  from: text,
});
const SLICE: Shape<Base64Slice> = objectOf({ at: amount, base64: base64 });
const NOTES_SHAPE: Shape<Notes> = objectOf({
  schema: oneOf(SCHEMA),
  packdrift: text,
  uname: orNull(UNAME),
  whole: listOf(text),
  parts: mapOf(objectOf({ sizeBytes: orNull(amount), slices: listOf(SLICE) })),
  nodes: mapOf(oneOf<FileType>("character device", "block device", "pipe", "socket", "file", "folder")),
  unreadable: mapOf(text),
  denied: mapOf(orNull(text)),
  freeBytes: mapOf(amount),
  environment: orEmpty(mapOf(text)),
});

function parseNotes(content: Uint8Array): Notes {
  try {
    return NOTES_SHAPE(parseJson(new TextDecoder().decode(content)), "");
  } catch (error) {
    throw new InvalidInputError(`Cannot read ${NOTES} of the snapshot: ${messageOf(error)}`, { cause: error });
  }
}

function unameIn(files: readonly SnapshotFile[]): Uname | null {
  const file = files.find(({ kind, path }) => kind === "file" && path === "UNAME.json");
  if (file?.kind !== "file") return null;
  try {
    const uname = objectOf({ sysname: orNull(text), release: orNull(text), machine: orNull(text) })(
      parseJson(new TextDecoder().decode(file.content)),
      "",
    );
    return { ...uname, from: "/UNAME.json" };
  } catch {
    return null;
  }
}

function shortUname({ sysname, release, machine }: Uname): object {
  return { sysname, release, machine };
}

type SpecialKind = Exclude<FileType, "file" | "folder">;

function isSpecial(node: TreeNode): node is { readonly kind: SpecialKind } {
  return node.kind !== "file" && node.kind !== "folder" && node.kind !== "link";
}

function encodeSlice({ at, bytes }: Slice): Base64Slice {
  return { at, base64: Buffer.from(bytes).toString("base64") };
}

function decodeSlice({ at, base64 }: Base64Slice): Slice {
  return { at, bytes: Buffer.from(base64, "base64") };
}

function json(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

/** Checked separately, since slices are longer than any other text in the notes. */
function base64(value: unknown, path: string): string {
  if (typeof value === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) return value;
  throw new InvalidInputError(`"${path}" must be base64`);
}

/** Snapshots from before 2026-11-29 do not have it. */
function orEmpty<T>(shape: Shape<Readonly<Record<string, T>>>): Shape<Readonly<Record<string, T>>> {
  return (value, path) => (value === undefined ? {} : shape(value, path));
}

function mapOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(anyObject(value, path)).map(([key, inner]) => [key, shape(inner, `${path}.${key}`)]),
    );
}
