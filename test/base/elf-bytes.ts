/** What a shared object that is built here holds. */
export interface SharedObject {
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
  readonly machine?: number;
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  readonly versionNeeds?: readonly { readonly library: string; readonly versions: readonly string[] }[];
  readonly versionDefinitions?: readonly string[];
  /** Symbols that it defines, with the bytes at them. */
  readonly symbols?: Readonly<Record<string, Uint8Array>>;
  /** How the symbols can be found; default "gnu". */
  readonly hash?: "gnu" | "sysv" | "none";
}

/** The addresses of the program are this much above the offsets in the file. */
const BASE = 0x400000;

/** A shared object without section headers, as the loader takes it: program headers, PT_DYNAMIC, its strings and versions. */
export function sharedObject(parts: SharedObject): Uint8Array {
  const {
    bits = 64,
    littleEndian = true,
    machine = 62,
    needed = [],
    versionNeeds = [],
    versionDefinitions = [],
    symbols = {},
    hash = "gnu",
  } = parts;
  const wide = bits === 64;
  const wordBytes = bits / 8;
  const strings = stringTable();
  const headerBytes = wide ? 64 : 52;
  const segmentBytes = wide ? 56 : 32;

  const needs = needsTable(versionNeeds, strings.add, littleEndian);
  const definitions = definitionsTable(versionDefinitions, strings.add, littleEndian);
  const dynamic: [number, number][] = needed.map((name) => [1, strings.add(name)]);
  if (parts.soname !== undefined) dynamic.push([14, strings.add(parts.soname)]);
  if (parts.runpath !== undefined) dynamic.push([29, strings.add(parts.runpath)]);

  const dynamicAt = headerBytes + 2 * segmentBytes;
  const names = Object.keys(symbols);
  const tags = dynamic.length + 8;
  const needsAt = dynamicAt + tags * 2 * wordBytes;
  const definitionsAt = needsAt + needs.length;
  const symbolsAt = definitionsAt + definitions.length;
  const symbolBytes = wide ? 24 : 16;
  const hashAt = symbolsAt + symbolBytes * (names.length + 1);
  const table = hash === "sysv" ? sysvTable(names) : gnuTable(names, wide);
  const contentAt = hashAt + 4 * table.length;
  const content = Buffer.concat(Object.values(symbols));
  const stringsAt = contentAt + content.length;
  const nameOffsets = names.map((name) => strings.add(name));
  const text = strings.bytes();
  dynamic.push([5, BASE + stringsAt], [6, BASE + symbolsAt]);
  if (hash !== "none") dynamic.push([hash === "sysv" ? 4 : 0x6ffffef5, BASE + hashAt]);
  if (versionNeeds.length > 0) dynamic.push([0x6ffffffe, BASE + needsAt], [0x6fffffff, versionNeeds.length]);
  if (versionDefinitions.length > 0) {
    dynamic.push([0x6ffffffc, BASE + definitionsAt], [0x6ffffffd, versionDefinitions.length]);
  }

  const bytes = new Uint8Array(stringsAt + text.length);
  const view = new DataView(bytes.buffer);
  const half = (at: number, value: number) => view.setUint16(at, value, littleEndian);
  const int = (at: number, value: number) => view.setUint32(at, value, littleEndian);
  const word = (at: number, value: number) =>
    wide ? view.setBigUint64(at, BigInt(value), littleEndian) : int(at, value);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1]);
  half(16, 3);
  half(18, machine);
  word(wide ? 32 : 28, headerBytes);
  half(wide ? 52 : 40, headerBytes);
  half(wide ? 54 : 42, segmentBytes);
  half(wide ? 56 : 44, 2);
  const segment = (at: number, type: number, offset: number, size: number) => {
    int(at, type);
    word(at + (wide ? 8 : 4), offset);
    word(at + (wide ? 16 : 8), BASE + offset);
    word(at + (wide ? 32 : 16), size);
  };
  segment(headerBytes, 1, 0, bytes.length);
  segment(headerBytes + segmentBytes, 2, dynamicAt, tags * 2 * wordBytes);
  for (const [i, [tag, value]] of dynamic.entries()) {
    word(dynamicAt + i * 2 * wordBytes, tag);
    word(dynamicAt + i * 2 * wordBytes + wordBytes, value);
  }
  let valueAt = contentAt;
  for (const [i, name] of names.entries()) {
    const at = symbolsAt + symbolBytes * (i + 1);
    const size = symbols[name]?.length ?? 0;
    int(at, nameOffsets[i] ?? 0);
    half(at + (wide ? 6 : 14), 1);
    word(at + (wide ? 8 : 4), BASE + valueAt);
    word(at + (wide ? 16 : 8), size);
    valueAt += size;
  }
  for (const [i, value] of table.entries()) int(hashAt + 4 * i, value);
  bytes.set(content, contentAt);
  bytes.set(needs, needsAt);
  bytes.set(definitions, definitionsAt);
  bytes.set(text, stringsAt);
  return bytes;
}

/** One bucket, in which all symbols are chained. */
function sysvTable(names: readonly string[]): number[] {
  const chain = names.map((_, i) => (i === names.length - 1 ? 0 : i + 2));
  return [1, names.length + 1, names.length === 0 ? 0 : 1, 0, ...chain];
}

/** One bucket, and a Bloom filter of one word that lets everything pass. */
function gnuTable(names: readonly string[], wide: boolean): number[] {
  const hashes = names.map((name, i) => {
    let hash = 5381;
    for (const letter of name) hash = (hash * 33 + letter.charCodeAt(0)) % 2 ** 32;
    return i === names.length - 1 ? (hash | 1) >>> 0 : (hash & ~1) >>> 0;
  });
  const bloom = wide ? [0xffffffff, 0xffffffff] : [0xffffffff];
  return [1, 1, 1, 0, ...bloom, names.length === 0 ? 0 : 1, ...hashes];
}

function needsTable(needs: NonNullable<SharedObject["versionNeeds"]>, add: (text: string) => number, little: boolean) {
  const size = needs.reduce((sum, { versions }) => sum + 16 + 16 * versions.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, { library, versions }] of needs.entries()) {
    view.setUint16(at, 1, little);
    view.setUint16(at + 2, versions.length, little);
    view.setUint32(at + 4, add(library), little);
    view.setUint32(at + 8, 16, little);
    view.setUint32(at + 12, i === needs.length - 1 ? 0 : 16 + 16 * versions.length, little);
    for (const [j, version] of versions.entries()) {
      view.setUint32(at + 16 + 16 * j + 8, add(version), little);
      view.setUint32(at + 16 + 16 * j + 12, j === versions.length - 1 ? 0 : 16, little);
    }
    at += 16 + 16 * versions.length;
  }
  return bytes;
}

function definitionsTable(names: readonly string[], add: (text: string) => number, little: boolean) {
  const bytes = new Uint8Array(names.length * 28);
  const view = new DataView(bytes.buffer);
  for (const [i, name] of names.entries()) {
    view.setUint16(i * 28 + 6, 1, little);
    view.setUint32(i * 28 + 12, 20, little);
    view.setUint32(i * 28 + 16, i === names.length - 1 ? 0 : 28, little);
    view.setUint32(i * 28 + 20, add(name), little);
  }
  return bytes;
}

function stringTable() {
  let text = "\0";
  return {
    add(name: string): number {
      const at = text.length;
      text += `${name}\0`;
      return at;
    },
    bytes: () => Buffer.from(text, "latin1"),
  };
}
