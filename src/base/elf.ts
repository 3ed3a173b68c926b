import { type ElfHeader, type Fields, fieldsOf, isOffset, nameAt, type Slices, viewOf } from "./elf-fields.js";
import { findSymbol, type SymbolTables } from "./elf-symbols.js";
import { readDefinitions, readVersionNeeds, type VersionNeed, type VersionTables } from "./elf-versions.js";

export type { ElfHeader, Slices } from "./elf-fields.js";

/** One entry of the program header table. */
interface ElfSegment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  /** Its size in the file, not in memory. */
  readonly sizeBytes: number;
}

/** One entry of the section header table. */
interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly sizeBytes: number;
}

/** What the dynamic loader reads from a file. */
export interface ElfDynamic {
  readonly soname: string | null;
  /** DT_NEEDED, in the file's order. */
  readonly needed: readonly string[];
  /** Folders of DT_RUNPATH, `$ORIGIN` not expanded. */
  readonly runpath: readonly string[];
  /** Folders of DT_RPATH, which the loader ignores where there is a RUNPATH. */
  readonly rpath: readonly string[];
  readonly versionNeeds: readonly VersionNeed[];
  /** Versions that the file itself defines: `GLIBC_2.31` in the C library. */
  readonly versionDefinitions: readonly string[];
}

/** A symbol that a file defines for others. */
export interface ElfSymbol {
  /** The offset of its value in the file; null if it takes no space there, such as zeroed memory. */
  readonly offset: number | null;
  /** 0 if the file does not say. */
  readonly sizeBytes: number;
}

/** An ELF file; each part is read on demand. Null if a part is broken or over its limit. */
export interface ElfFile {
  readonly header: ElfHeader;
  /** e_flags: a cubin has its architecture there. */
  readonly flags: number;
  readonly segments: readonly ElfSegment[];
  /** Null also for a file whose section headers were stripped. */
  sections(): readonly ElfSection[] | null;
  /** Found through PT_DYNAMIC, so that stripped section headers do not matter. Null for a static program. */
  dynamic(): ElfDynamic | null;
  /** A symbol that the file defines; "absent" if its table does not have it, null if no table can be read. */
  symbol(name: string): ElfSymbol | "absent" | null;
}

/**
 * The folders where the loader looks first for a file's libraries: RUNPATH or, without it, RPATH, with `origin` for
 * `$ORIGIN`.
 */
export function runPathFolders(
  { runpath, rpath }: Pick<ElfDynamic, "runpath" | "rpath">,
  origin: string,
): readonly string[] {
  const folders = runpath.length > 0 ? runpath : rpath;
  return folders.map((folder) => folder.replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, origin));
}

const HEADER_BYTES = 64;
const MOST_SEGMENTS = 256;
const MOST_SECTIONS = 4096;
const MOST_DYNAMIC = 4096;
const MOST_NEEDED = 512;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT = { NEEDED: 1, HASH: 4, STRTAB: 5, SYMTAB: 6, SONAME: 14, RPATH: 15, RUNPATH: 29 } as const;
const DT_GNU_HASH = 0x6ffffef5;
const DT_VERDEF = 0x6ffffffc;
const DT_VERDEFNUM = 0x6ffffffd;
const DT_VERNEED = 0x6ffffffe;
const DT_VERNEEDNUM = 0x6fffffff;

/** Parses the ELF header in a file's first 20 bytes or more; null if there is none. */
export function parseElfHeader(bytes: Uint8Array): ElfHeader | null {
  if (bytes.length < 20 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    return null;
  const bits = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : null;
  if (bits === null || (bytes[5] !== 1 && bytes[5] !== 2)) return null;
  const littleEndian = bytes[5] === 1;
  const view = viewOf(bytes);
  return {
    bits,
    littleEndian,
    osAbi: view.getUint8(7),
    abiVersion: view.getUint8(8),
    type: view.getUint16(16, littleEndian),
    machine: view.getUint16(18, littleEndian),
  };
}

/** Opens an ELF file of either width and byte order; null when it is not one or its program headers are broken. Never throws. */
export function readElf(slices: Slices): ElfFile | null {
  const bytes = slices.read(0, HEADER_BYTES);
  const header = bytes && parseElfHeader(bytes);
  if (!bytes || !header || bytes.length < (header.bits === 64 ? 64 : 52)) return null;
  const wide = header.bits === 64;
  const fields = fieldsOf(bytes, header);
  const segments = readSegments(slices, header, {
    offset: fields.word(wide ? 32 : 28),
    entryBytes: fields.half(wide ? 54 : 42),
    count: fields.half(wide ? 56 : 44),
  });
  if (segments === null) return null;
  const sectionTable = {
    offset: fields.word(wide ? 40 : 32),
    entryBytes: fields.half(wide ? 58 : 46),
    count: fields.half(wide ? 60 : 48),
  };
  const names = fields.half(wide ? 62 : 50);
  return {
    header,
    flags: fields.int(wide ? 48 : 36),
    segments,
    sections: () => readSections(slices, header, sectionTable, names),
    dynamic: () => readDynamic(slices, header, segments),
    symbol: (name) => readSymbol(slices, header, segments, name),
  };
}

interface Table {
  readonly offset: number;
  readonly entryBytes: number;
  readonly count: number;
}

function readSegments(slices: Slices, header: ElfHeader, table: Table): ElfSegment[] | null {
  const wide = header.bits === 64;
  const entries = readTable(slices, header, table, wide ? 56 : 32, MOST_SEGMENTS);
  return (
    entries?.map(({ int, word }) => ({
      type: int(0),
      offset: word(wide ? 8 : 4),
      address: word(wide ? 16 : 8),
      sizeBytes: word(wide ? 32 : 16),
    })) ?? null
  );
}

function readSections(slices: Slices, header: ElfHeader, table: Table, namesAt: number): ElfSection[] | null {
  const wide = header.bits === 64;
  if (table.offset === 0 || table.count === 0) return null;
  const entries = readTable(slices, header, table, wide ? 64 : 40, MOST_SECTIONS);
  const names = entries?.[namesAt];
  if (!entries || !names) return null;
  const namesOffset = names.word(wide ? 24 : 16);
  return entries.map(({ int, word }) => ({
    name: nameAt(slices, namesOffset + int(0)) ?? "",
    type: int(4),
    address: word(wide ? 16 : 12),
    offset: word(wide ? 24 : 16),
    sizeBytes: word(wide ? 32 : 20),
  }));
}

function readTable(
  slices: Slices,
  header: ElfHeader,
  { offset, entryBytes, count }: Table,
  leastBytes: number,
  most: number,
): Fields[] | null {
  if (count === 0) return [];
  if (count > most || entryBytes < leastBytes || !isOffset(offset)) return null;
  const bytes = slices.read(offset, entryBytes * count);
  if (!bytes || bytes.length < entryBytes * count) return null;
  return Array.from({ length: count }, (_, at) =>
    fieldsOf(bytes.subarray(at * entryBytes, (at + 1) * entryBytes), header),
  );
}

/** The entries of PT_DYNAMIC by their tags. */
interface DynamicTags {
  /** The values of one tag, in the file's order. */
  all(tag: number): readonly number[];
  /** The first value of a tag. */
  value(tag: number): number | undefined;
  /** The offset in the file of the address that a tag holds. */
  offset(tag: number): number | null;
}

function readTags(slices: Slices, header: ElfHeader, segments: readonly ElfSegment[]): DynamicTags | null {
  const segment = segments.find(({ type }) => type === PT_DYNAMIC);
  if (segment === undefined || !isOffset(segment.offset) || !isOffset(segment.sizeBytes)) return null;
  const wordBytes = header.bits / 8;
  const count = Math.min(Math.floor(segment.sizeBytes / (2 * wordBytes)), MOST_DYNAMIC);
  const bytes = slices.read(segment.offset, count * 2 * wordBytes);
  if (!bytes) return null;
  const { word } = fieldsOf(bytes, header);
  const tags: { readonly tag: number; readonly value: number }[] = [];
  for (let at = 0; at + 2 * wordBytes <= bytes.length; at += 2 * wordBytes) {
    const tag = word(at);
    if (tag === 0) break;
    tags.push({ tag, value: word(at + wordBytes) });
  }
  const value = (wanted: number) => tags.find(({ tag }) => tag === wanted)?.value;
  return {
    all: (wanted) => tags.flatMap((entry) => (entry.tag === wanted ? [entry.value] : [])),
    value,
    offset: (wanted) => offsetOf(segments, value(wanted)),
  };
}

function readDynamic(slices: Slices, header: ElfHeader, segments: readonly ElfSegment[]): ElfDynamic | null {
  const tags = readTags(slices, header, segments);
  const strings = tags?.offset(DT.STRTAB) ?? null;
  if (tags === null || strings === null) return null;
  const name = (at: number) => nameAt(slices, strings + at);
  const names = (tag: number, most: number) =>
    tags
      .all(tag)
      .flatMap((at) => name(at) ?? [])
      .slice(0, most);
  const folders = (tag: number) => names(tag, 1).flatMap((list) => list.split(":").filter((each) => each !== ""));
  const versions: VersionTables = { slices, header, name };
  return {
    soname: names(DT.SONAME, 1)[0] ?? null,
    needed: names(DT.NEEDED, MOST_NEEDED),
    runpath: folders(DT.RUNPATH),
    rpath: folders(DT.RPATH),
    versionNeeds: readVersionNeeds(versions, tags.offset(DT_VERNEED), tags.value(DT_VERNEEDNUM) ?? 0),
    versionDefinitions: readDefinitions(versions, tags.offset(DT_VERDEF), tags.value(DT_VERDEFNUM) ?? 0),
  };
}

function readSymbol(
  slices: Slices,
  header: ElfHeader,
  segments: readonly ElfSegment[],
  name: string,
): ElfSymbol | "absent" | null {
  const tags = readTags(slices, header, segments);
  const strings = tags?.offset(DT.STRTAB) ?? null;
  if (tags === null || strings === null) return null;
  const tables: SymbolTables = {
    symbols: tags.offset(DT.SYMTAB),
    strings,
    hash: tags.offset(DT.HASH),
    gnuHash: tags.offset(DT_GNU_HASH),
  };
  const found = findSymbol(slices, header, tables, name);
  if (found === null || found === "absent") return found;
  return { offset: offsetOf(segments, found.address), sizeBytes: found.sizeBytes };
}

/** The offset in the file of a virtual address; null if its bytes are not in the file. */
function offsetOf(segments: readonly ElfSegment[], address: number | undefined): number | null {
  if (address === undefined) return null;
  const segment = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address - one.address < one.sizeBytes,
  );
  const offset = segment === undefined ? Number.NaN : segment.offset + (address - segment.address);
  return isOffset(offset) ? offset : null;
}
