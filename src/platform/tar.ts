import { InvalidInputError } from "../base/errors.js";
import { LONGEST_PATH, withoutEndSlashes } from "../base/paths.js";

/** One member of a tar archive. Paths are relative, without "./" in front and without a slash at the end. */
export type TarEntry =
  | { readonly kind: "file"; readonly path: string; readonly content: Uint8Array }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const BLOCK = 512;
const MOST_ENTRIES = 200_000;
/** In all headers together: a record may have five bytes, and reading it takes a microsecond. */
const MOST_RECORDS = 1_000_000;
const TYPE = { file: "0", link: "2", folder: "5" } as const;

/**
 * Encodes entries as an archive in POSIX pax format, in the given order. Owner, time and modes are constants, so that
 * the same entries give the same bytes. Source of the format: POSIX.1-2017, pax, "ustar Interchange Format" and "pax
 * Header Block".
 */
export function encodeTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap((entry) => [...paxBlocks(entry), ...memberBlocks(entry)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function memberBlocks(entry: TarEntry): Uint8Array[] {
  const content = entry.kind === "file" ? entry.content : new Uint8Array();
  const target = entry.kind === "link" ? entry.target : "";
  return [header(entry.path, TYPE[entry.kind], content.length, target), ...padded(content)];
}

/** A header in front of the member for names that its own fields cannot hold. */
function paxBlocks(entry: TarEntry): Uint8Array[] {
  const records = [
    ...(fits(entry.path) ? [] : [record("path", entry.path)]),
    ...(entry.kind !== "link" || fits(entry.target) ? [] : [record("linkpath", entry.target)]),
  ];
  if (records.length === 0) return [];
  const body = Buffer.from(records.join(""), "utf8");
  return [header("PaxHeader", "x", body.length, ""), ...padded(body)];
}

/** The fields have 100 bytes, and their encoding is defined for ASCII only. */
function fits(text: string): boolean {
  return /^[\x20-\x7e]{0,100}$/.test(text);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function header(path: string, type: string, size: number, target: string): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, at: number, limit: number) => block.write(text.slice(0, limit), at, limit, "latin1");
  put(fits(path) ? path : "long-name", 0, 100);
  put(type === "5" ? "0000755" : "0000644", 100, 8);
  put("0000000", 108, 8);
  put("0000000", 116, 8);
  put(size.toString(8).padStart(11, "0"), 124, 12);
  put("00000000000", 136, 12);
  put(" ".repeat(8), 148, 8);
  put(type, 156, 1);
  put(fits(target) ? target : "long-name", 157, 100);
  put("ustar\x0000", 257, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8);
  return block;
}

function padded(content: Uint8Array): Uint8Array[] {
  const missing = (BLOCK - (content.length % BLOCK)) % BLOCK;
  return missing === 0 ? [content] : [content, new Uint8Array(missing)];
}

/**
 * The files, folders and symbolic links of an archive; members of other kinds, and those of paths or targets of more than 4,096
 * characters, are left out. Reads ustar, pax and GNU long names. Throws InvalidInputError where the archive is damaged or has
 * more than 200,000 members.
 */
export function decodeTar(bytes: Uint8Array): readonly TarEntry[] {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: TarEntry[] = [];
  const budget: RecordBudget = { left: MOST_RECORDS };
  let names: LongNames = {};
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return entries;
    const { type, path, target, size } = parseHeader(block, at);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw damaged(at, "the archive ends within a member");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const long = longNames(type, content, budget);
    if (budget.left < 0) throw damaged(at, `the archive has more than ${MOST_RECORDS} pax records`);
    if (long !== null) {
      names = { ...names, ...long };
      continue;
    }
    const entry = entryOf(type, names.path ?? path, names.target ?? target, content);
    names = {};
    if (entry !== null) entries.push(entry);
    if (entries.length > MOST_ENTRIES) throw damaged(at, `the archive has more than ${MOST_ENTRIES} members`);
  }
  throw damaged(archive.length, "the archive has no end");
}

/** How many more records of pax headers are read. */
interface RecordBudget {
  left: number;
}

interface LongNames {
  readonly path?: string;
  readonly target?: string;
}

interface Header extends Required<LongNames> {
  readonly type: string;
  readonly size: number;
}

function parseHeader(block: Buffer, at: number): Header {
  const text = (from: number, limit: number) => {
    const field = block.subarray(from, from + limit);
    const end = field.indexOf(0);
    return field.toString("utf8", 0, end < 0 ? limit : end);
  };
  const octal = (from: number, limit: number) => {
    const digits = text(from, limit).trim();
    return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  };
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  const size = octal(124, 12);
  if (octal(148, 8) !== sum || Number.isNaN(size)) throw damaged(at, "the header is not one of a tar archive");
  const isUstar = text(257, 6).startsWith("ustar") && block[262] === 0;
  const prefix = isUstar ? text(345, 155) : "";
  return {
    type: text(156, 1),
    path: prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    target: text(157, 100),
    size,
  };
}

/** The long names that a header member gives the next member; null for an ordinary member. */
function longNames(type: string, content: Buffer, budget: RecordBudget): LongNames | null {
  if (type === "L") return { path: withoutEnd(content) };
  if (type === "K") return { target: withoutEnd(content) };
  if (type !== "x" && type !== "g") return null;
  if (type === "g") return {};
  const names: { path?: string; target?: string } = {};
  for (let at = 0; at < content.length && budget.left >= 0; budget.left--) {
    const length = Number(/^\d{1,9} /.exec(content.toString("latin1", at, at + 10))?.[0] ?? 0);
    if (length < 5 || at + length > content.length) break;
    const [key = "", ...value] = content
      .toString("utf8", at, at + length - 1)
      .replace(/^\d+ /, "")
      .split("=");
    if (key === "path") names.path = value.join("=");
    if (key === "linkpath") names.target = value.join("=");
    at += length;
  }
  return names;
}

function withoutEnd(content: Buffer): string {
  return content.toString("utf8").replace(/\0[\s\S]*$/, "");
}

function entryOf(type: string, name: string, target: string, content: Buffer): TarEntry | null {
  const path = withoutEndSlashes(name.replace(/^(?:\.?\/)+/, ""));
  if (path === "" || path === "." || Math.max(path.length, target.length) > LONGEST_PATH) return null;
  if (type === "0" || type === "") return { kind: "file", path, content };
  if (type === "5") return { kind: "folder", path };
  return type === "2" ? { kind: "link", path, target } : null;
}

function damaged(at: number, why: string): InvalidInputError {
  return new InvalidInputError(`Cannot read the tar archive at byte ${at}: ${why}`);
}
