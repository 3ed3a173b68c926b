import { LONGEST_PATH } from "../base/paths.js";
import type { Arch } from "./facts.js";

/** The path of the dynamic loader's cache. */
export const LD_CACHE = "/etc/ld.so.cache";

const OLD_MAGIC = "ld.so-1.7.0\0";
const NEW_MAGIC = "glibc-ld.so.cache1.1";
const OLD_HEADER = 16;
const OLD_ENTRY = 12;
const NEW_HEADER = 48;
const NEW_ENTRY = 24;
/** A soname is at most as long as its path, so all texts together have less than two characters per byte. */
const MOST_TEXTS_PER_BYTE = 4;
/** The second byte of an entry's flags: which ABI the library has. */
const ARCH_FLAGS: Readonly<Record<Arch, number>> = { X86_64: 0x0300, ARM64: 0x0a00 };

/**
 * The paths in the loader's cache for sonames that begin with one of the prefixes, the first entry for each soname.
 * Null if the bytes are not a cache, end before their tables do, or contain far more text than they have bytes; entries
 * for other architectures are left out.
 */
export function parseLdCache(
  bytes: Uint8Array,
  prefixes: readonly string[],
  arch: Arch | null,
): ReadonlyMap<string, string> | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  let old: Table | null = null;
  if (hasText(bytes, 0, OLD_MAGIC)) {
    if (bytes.length < OLD_HEADER) return null;
    const count = view.getUint32(12, true);
    const end = OLD_HEADER + count * OLD_ENTRY;
    if (end > bytes.length) return null;
    // Offsets in the old format count from the end of its entries; the new format follows at the next multiple of 8.
    old = { first: OLD_HEADER, count, entrySize: OLD_ENTRY, strings: end };
    start = Math.ceil(end / 8) * 8;
  }
  const table = newTable(bytes, view, start) ?? old;
  return table ? readEntries(bytes, view, table, prefixes, arch) : null;
}

interface Table {
  readonly first: number;
  readonly count: number;
  readonly entrySize: number;
  readonly strings: number;
}

function newTable(bytes: Uint8Array, view: DataView, start: number): Table | null {
  if (!hasText(bytes, start, NEW_MAGIC) || bytes.length < start + NEW_HEADER) return null;
  const count = view.getUint32(start + NEW_MAGIC.length, true);
  if (start + NEW_HEADER + count * NEW_ENTRY > bytes.length) return null;
  return { first: start + NEW_HEADER, count, entrySize: NEW_ENTRY, strings: start };
}

function readEntries(
  bytes: Uint8Array,
  view: DataView,
  table: Table,
  prefixes: readonly string[],
  arch: Arch | null,
): ReadonlyMap<string, string> | null {
  const paths = new Map<string, string>();
  // Entries can share strings, so a few bytes could become gigabytes of text.
  let left = MOST_TEXTS_PER_BYTE * bytes.length;
  for (let i = 0; i < table.count; i++) {
    const at = table.first + i * table.entrySize;
    const key = table.strings + view.getUint32(at + 4, true);
    if (!prefixes.some((prefix) => hasText(bytes, key, prefix))) continue;
    if (arch !== null && (view.getInt32(at, true) & 0xff00) !== ARCH_FLAGS[arch]) continue;
    const soname = textAt(bytes, key);
    const path = textAt(bytes, table.strings + view.getUint32(at + 8, true));
    left -= (soname?.length ?? 0) + (path?.length ?? 0);
    if (left < 0) return null;
    if (soname !== null && path?.startsWith("/") && !paths.has(soname)) paths.set(soname, path);
  }
  return paths;
}

function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** A NUL-terminated string; null when it has no end within the bytes or is too long for a path. */
function textAt(bytes: Uint8Array, at: number): string | null {
  // No further than a path can be long: searching to the end for each of many entries would walk through megabytes.
  const length = bytes.subarray(at, at + LONGEST_PATH + 1).indexOf(0);
  if (length < 0) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString("latin1");
}
