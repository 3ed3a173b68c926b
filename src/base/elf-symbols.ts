import { type ElfHeader, type Fields, fieldsAt, isOffset, nameAt, type Slices } from "./elf-fields.js";

interface FoundSymbol {
  readonly address: number;
  readonly sizeBytes: number;
}

/** Offsets of the dynamic symbol tables in the file; null for a missing one. */
export interface SymbolTables {
  readonly symbols: number | null;
  readonly strings: number;
  /** DT_HASH. */
  readonly hash: number | null;
  /** DT_GNU_HASH. */
  readonly gnuHash: number | null;
}

/** The longest chain of a hash bucket; in a broken file it may be circular. */
const LONGEST_CHAIN = 4096;
const BUCKET_LIMIT = 2 ** 24;

/**
 * Looks a symbol up as the dynamic loader does, through a hash table, so that stripped section headers do not matter.
 * "absent" if the table does not have it; null if there is no table or it is broken.
 */
export function findSymbol(
  slices: Slices,
  header: ElfHeader,
  tables: SymbolTables,
  name: string,
): FoundSymbol | "absent" | null {
  const candidates = candidatesOf(slices, header, tables, name);
  if (candidates === null || tables.symbols === null) return null;
  for (const index of candidates) {
    const symbol = symbolAt(slices, header, tables.symbols, index);
    if (symbol === null) return null;
    if (symbol.isDefined && nameAt(slices, tables.strings + symbol.nameOffset) === name) {
      return { address: symbol.address, sizeBytes: symbol.sizeBytes };
    }
  }
  return "absent";
}

/** Indexes of the symbols that may have a name; null if no table can be read. */
function candidatesOf(slices: Slices, header: ElfHeader, tables: SymbolTables, name: string): number[] | null {
  const read = (offset: number | null) => (offset === null ? null : int(slices, header, offset));
  const gnu = tables.gnuHash === null ? null : gnuCandidates(slices, header, tables.gnuHash, gnuHashOf(name));
  if (gnu !== null) return gnu;
  const [buckets, chains] = [read(tables.hash), read(tables.hash === null ? null : tables.hash + 4)];
  if (tables.hash === null || !buckets || chains === null || buckets > BUCKET_LIMIT) return null;
  const found: number[] = [];
  const bucketsAt = tables.hash + 8;
  for (
    let index = int(slices, header, bucketsAt + 4 * (sysvHashOf(name) % buckets));
    index !== 0 && found.length < LONGEST_CHAIN;
    index = int(slices, header, bucketsAt + 4 * buckets + 4 * index)
  ) {
    if (index === null || index >= chains) return null;
    found.push(index);
  }
  return found;
}

/** The GNU table: a header, a Bloom filter (its words have the file's width), buckets, and hashes whose lowest bit ends a chain. */
function gnuCandidates(slices: Slices, header: ElfHeader, offset: number, hash: number): number[] | null {
  const fields = fieldsAt(slices, header, offset, 16);
  if (!fields) return null;
  const [buckets, firstSymbol, bloomWords] = [fields.int(0), fields.int(4), fields.int(8)];
  if (buckets === 0 || buckets > BUCKET_LIMIT || bloomWords > BUCKET_LIMIT) return null;
  const bucketsAt = offset + 16 + (bloomWords * header.bits) / 8;
  const hashesAt = bucketsAt + 4 * buckets;
  const found: number[] = [];
  const start = int(slices, header, bucketsAt + 4 * (hash % buckets));
  if (start === null) return null;
  if (start < firstSymbol) return found;
  for (let index = start; index - start < LONGEST_CHAIN; index++) {
    const value = int(slices, header, hashesAt + 4 * (index - firstSymbol));
    if (value === null) return null;
    if (value >>> 1 === hash >>> 1) found.push(index);
    if (value & 1) break;
  }
  return found;
}

interface SymbolEntry extends FoundSymbol {
  readonly nameOffset: number;
  readonly isDefined: boolean;
}

function symbolAt(slices: Slices, header: ElfHeader, table: number, index: number): SymbolEntry | null {
  const wide = header.bits === 64;
  const entryBytes = wide ? 24 : 16;
  const entry = fieldsAt(slices, header, table + index * entryBytes, entryBytes);
  if (!entry) return null;
  return {
    nameOffset: entry.int(0),
    isDefined: entry.half(wide ? 6 : 14) !== 0,
    address: entry.word(wide ? 8 : 4),
    sizeBytes: entry.word(wide ? 16 : 8),
  };
}

function int(slices: Slices, header: ElfHeader, offset: number): number | null {
  const fields: Fields | null = isOffset(offset) ? fieldsAt(slices, header, offset, 4) : null;
  return fields === null ? null : fields.int(0);
}

function sysvHashOf(name: string): number {
  let hash = 0;
  for (let at = 0; at < name.length; at++) {
    hash = ((hash << 4) + name.charCodeAt(at)) >>> 0;
    hash = (hash ^ ((hash >>> 24) & 0xf0)) & 0x0fffffff;
  }
  return hash;
}

function gnuHashOf(name: string): number {
  let hash = 5381;
  for (let at = 0; at < name.length; at++) hash = (Math.imul(hash, 33) + name.charCodeAt(at)) >>> 0;
  return hash;
}
