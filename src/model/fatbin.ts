import type { Slices } from "../base/elf.js";
import { viewOf } from "../base/elf-fields.js";
import type { Budget } from "./budget.js";

/** One piece of GPU code in a fat binary. */
export interface FatbinEntry {
  readonly kind: "CUBIN" | "PTX";
  readonly sm: number;
  /** The version of the PTX language, `6.5`; null for a cubin. */
  readonly isa: string | null;
  readonly compressed: boolean;
  /** The offset of its bytes in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The entries of fat binaries: each kind, architecture and PTX version once. */
interface Fatbins {
  readonly entries: readonly FatbinEntry[];
  /** Why the walk stopped early; null if it reached the end. */
  readonly problem: string | null;
}

export const FATBIN_MAGIC = 0xba55ed50;
const CONTAINER_BYTES = 16;
const ENTRY_BYTES = 64;
const LONGEST_ENTRY_HEADER = 4096;
/** Linkers align containers to 8 bytes. A longer run of zeros is not padding, and skipping it takes time. */
const MOST_PADDING = 4096;
const COMPRESSED = 0x2000 | 0x8000;

/**
 * Walks the fat binaries between two offsets of a file, header by header. Nothing is unpacked, and no code is read. NVIDIA does not
 * document the layout; three independent readers and cuobjdump agree on it.
 */
export function readFatbins(slices: Slices, start: number, end: number, budget: Budget): Fatbins {
  const entries = new Map<string, FatbinEntry>();
  const done = (problem: string | null): Fatbins => ({ entries: [...entries.values()], problem });
  let at = start;
  while (at < end) {
    const next = skipPadding(slices, at, end);
    if (next === null) return done(`unknown data, not GPU code, at offset ${at}`);
    if (next >= end) break;
    const over = budget.spend("fatbinEntries");
    if (over !== null) return done(over);
    const container = readContainer(slices, next, end);
    if (typeof container === "string") return done(`${container} at offset ${next}`);
    const problem = readEntries(slices, container, budget, (entry) => {
      const key = `${entry.kind} ${entry.sm} ${entry.isa}`;
      // An uncompressed entry has more.
      const known = entries.get(key);
      if (known === undefined || (known.compressed && !entry.compressed)) entries.set(key, entry);
    });
    if (problem !== null) return done(problem);
    at = container.end;
  }
  return done(null);
}

interface Container {
  readonly start: number;
  readonly end: number;
}

function readContainer(slices: Slices, at: number, end: number): Container | string {
  const header = slices.read(at, CONTAINER_BYTES);
  if (header === null || header.length < CONTAINER_BYTES || at + CONTAINER_BYTES > end)
    return "a fat binary is truncated";
  const view = viewOf(header);
  const [version, headerBytes] = [view.getUint16(4, true), view.getUint16(6, true)];
  if (version !== 1 || headerBytes !== CONTAINER_BYTES) {
    return `a fat binary has the unknown format ${version} with a header of ${headerBytes} bytes`;
  }
  const size = view.getBigUint64(8, true);
  if (size > BigInt(end - at - headerBytes)) return "a fat binary is truncated";
  return { start: at + headerBytes, end: at + headerBytes + Number(size) };
}

function readEntries(
  slices: Slices,
  { start, end }: Container,
  budget: Budget,
  onEntry: (entry: FatbinEntry) => void,
): string | null {
  for (let at = start; at < end; ) {
    const over = budget.spend("fatbinEntries");
    if (over !== null) return over;
    const header = slices.read(at, ENTRY_BYTES);
    if (header === null || header.length < ENTRY_BYTES || at + ENTRY_BYTES > end) {
      return `an entry of a fat binary is truncated at offset ${at}`;
    }
    const view = viewOf(header);
    const headerBytes = view.getUint32(4, true);
    const payload = view.getBigUint64(8, true);
    if (headerBytes < ENTRY_BYTES || headerBytes > LONGEST_ENTRY_HEADER) {
      return `an entry of a fat binary has an unknown header of ${headerBytes} bytes at offset ${at}`;
    }
    if (payload > BigInt(Math.max(0, end - at - headerBytes))) {
      return `an entry of a fat binary is truncated at offset ${at}`;
    }
    const entry = entryOf(view, at + headerBytes, Number(payload));
    if (entry !== null) onEntry(entry);
    at += headerBytes + Number(payload);
  }
  return null;
}

/** Null for other kinds, such as intermediate code for link-time optimization, which does not run by itself. */
function entryOf(view: DataView, offset: number, sizeBytes: number): FatbinEntry | null {
  const kind = view.getUint16(0, true);
  if (kind !== 1 && kind !== 2) return null;
  const isa = `${view.getUint16(26, true)}.${view.getUint16(24, true)}`;
  return {
    kind: kind === 1 ? "PTX" : "CUBIN",
    sm: view.getUint32(28, true),
    isa: kind === 1 ? isa : null,
    compressed: (view.getBigUint64(40, true) & BigInt(COMPRESSED)) !== 0n,
    offset,
    sizeBytes,
  };
}

/** The offset of the next container, or the end; null if something else follows. */
function skipPadding(slices: Slices, at: number, end: number): number | null {
  const first = slices.read(at, 4);
  if (first !== null && first.length === 4 && viewOf(first).getUint32(0, true) === FATBIN_MAGIC) return at;
  const limit = Math.min(end, at + MOST_PADDING);
  const bytes = slices.read(at, limit - at);
  if (bytes === null) return null;
  const used = bytes.findIndex((byte) => byte !== 0);
  if (used < 0) return at + bytes.length >= end ? end : null;
  if (used + 4 > bytes.length) return null;
  return viewOf(bytes).getUint32(used, true) === FATBIN_MAGIC ? at + used : null;
}
