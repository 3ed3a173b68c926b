import type { Slices } from "../base/elf.js";
import { viewOf } from "../base/elf-fields.js";
import type { Budget } from "./budget.js";

/** A blob is broken or truncated. */
export class BlobError extends Error {}

/** Reads what TVM's serializer wrote, one value after another. Every method throws BlobError if the blob is broken or truncated. */
export interface BlobReader {
  /** The offset of the next value in the file. */
  at(): number;
  /** A 64-bit length; throws if it does not fit a JavaScript number. */
  number(): number;
  long(): bigint;
  int(): number;
  /** The length of a list, which is bounded. */
  count(): number;
  text(mostBytes: number): string;
  /** Skips a text, and returns where it is. */
  range(): { readonly start: number; readonly end: number };
  skip(sizeBytes: number): void;
  skipText(): void;
  skipTexts(): void;
  skipNumbers(): void;
}

const MOST_VALUES = 100_000;
/** Values read between checks of the time limit. */
const VALUES_PER_CHECK = 1024;

/** Reads a blob from `start` up to `end`. */
export function blobReader(slices: Slices, start: number, end: number, budget: Budget): BlobReader {
  let at = start;
  let values = 0;
  const take = (sizeBytes: number): DataView => {
    values++;
    const over = values % VALUES_PER_CHECK === 0 ? budget.spend("scanBytes", 0) : null;
    if (over !== null) throw new BlobError(over);
    const bytes = at + sizeBytes <= end ? slices.read(at, sizeBytes) : null;
    if (bytes === null || bytes.length < sizeBytes) throw new BlobError("it ends within a value");
    at += sizeBytes;
    return viewOf(bytes);
  };
  const long = () => take(8).getBigUint64(0, true);
  const number = () => {
    const value = long();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new BlobError("a length is too large");
    return Number(value);
  };
  const count = () => {
    const value = number();
    if (value > MOST_VALUES) throw new BlobError(`a list has ${value} values, at most ${MOST_VALUES} are read`);
    return value;
  };
  const skip = (sizeBytes: number) => {
    if (sizeBytes > end - at) throw new BlobError("it ends within a value");
    at += sizeBytes;
  };
  const skipText = () => skip(number());
  return {
    at: () => at,
    number,
    long,
    int: () => take(4).getUint32(0, true),
    count,
    text(mostBytes) {
      const length = number();
      if (length > mostBytes) throw new BlobError(`a name has ${length} bytes, at most ${mostBytes} are read`);
      const view = take(length);
      return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, length));
    },
    range() {
      const length = number();
      const from = at;
      skip(length);
      return { start: from, end: at };
    },
    skip,
    skipText,
    skipTexts() {
      for (let left = count(); left > 0; left--) skipText();
    },
    skipNumbers: () => skip(8 * number()),
  };
}
