/** A file's bytes, read piece by piece. */
export interface Slices {
  readonly sizeBytes: number;
  /** The bytes from `offset` on, fewer than `sizeBytes` at the end of the file; null if they cannot be read. */
  read(offset: number, sizeBytes: number): Uint8Array | null;
}

/** What the first bytes of an ELF file say. */
export interface ElfHeader {
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
  readonly osAbi: number;
  readonly abiVersion: number;
  /** e_type: 2 is a program, 3 a shared object. */
  readonly type: number;
  /** e_machine: 62 is x86-64, 183 aarch64, 190 CUDA. */
  readonly machine: number;
}

const LONGEST_NAME = 1024;

/** A NUL-terminated name; null if it does not end within LONGEST_NAME bytes. */
export function nameAt(slices: Slices, offset: number): string | null {
  if (!isOffset(offset)) return null;
  const bytes = slices.read(offset, LONGEST_NAME);
  const end = bytes?.indexOf(0) ?? -1;
  return bytes && end >= 0 ? String.fromCharCode(...bytes.subarray(0, end)) : null;
}

export interface Fields {
  half(at: number): number;
  int(at: number): number;
  /** A number of the file's word size, 4 or 8 bytes; NaN above Number.MAX_SAFE_INTEGER. */
  word(at: number): number;
}

export function fieldsAt(slices: Slices, header: ElfHeader, offset: number, sizeBytes: number): Fields | null {
  const bytes = isOffset(offset) ? slices.read(offset, sizeBytes) : null;
  return bytes && bytes.length === sizeBytes ? fieldsOf(bytes, header) : null;
}

/** Reads fields in the file's byte order; bytes beyond the end read as 0. */
export function fieldsOf(bytes: Uint8Array, { littleEndian, bits }: ElfHeader): Fields {
  const view = viewOf(bytes);
  const fits = (at: number, size: number) => at + size <= bytes.length;
  const int = (at: number) => (fits(at, 4) ? view.getUint32(at, littleEndian) : 0);
  const long = (at: number) => {
    const value = fits(at, 8) ? view.getBigUint64(at, littleEndian) : 0n;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.NaN;
  };
  return {
    half: (at) => (fits(at, 2) ? view.getUint16(at, littleEndian) : 0),
    int,
    word: bits === 64 ? long : int,
  };
}

export function isOffset(offset: number): boolean {
  return Number.isSafeInteger(offset) && offset >= 0;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
