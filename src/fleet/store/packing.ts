import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ExpectedError } from "../../base/errors.js";
import type { Packed } from "../arrival.js";
import ofReports from "./dictionary-1.json" with { type: "json" };
import ofHeartbeats from "./dictionary-2.json" with { type: "json" };

/** Packs texts for the store, and unpacks them. */
export interface Packing {
  pack(text: string): Packed;
  unpack(packed: Packed): string;
}

/** A packed text that cannot be read: the store's file was changed or damaged, or is from a later version. */
export class UnpackError extends ExpectedError {}

/**
 * The longest packed text: parts of a report have a mebibyte at most, and rewriting makes no text eight times as long.
 */
const MOST_BYTES = 8 * 1_048_576;

/** The dictionaries by id. What was packed with one can only be read with it, so none is ever changed or removed. */
const DICTIONARIES: ReadonlyMap<number, Uint8Array> = new Map(
  [ofReports, ofHeartbeats].map(({ id, text }) => [id, new TextEncoder().encode(text)]),
);

/** Whether this program can unpack what was packed with a dictionary; 0 means none. */
export function hasDictionary(id: number): boolean {
  return id === 0 || DICTIONARIES.has(id);
}

/**
 * zlib's memLevel: tables of this size pack as well as larger ones in half the time, most of which goes into the
 * dictionary.
 */
const SMALL_TABLES = 6;
/** Most packed texts fit into this: allocating 16 kB for each takes a tenth of the time. */
const CHUNK_BYTES = 1_024;

/**
 * Between the length of heartbeats and that of complete reports: packing a short text with the large dictionary takes
 * five times as long.
 */
const SHORT_TEXT = 2_048;

/** Deflate, with the dictionaries of this version (scripts/write-fleet-dictionary.mjs). */
export function createPacking(): Packing {
  const options = (dictionary: number) => {
    const bytes = DICTIONARIES.get(dictionary);
    if (dictionary !== 0 && bytes === undefined)
      throw new UnpackError(`Cannot unpack a text: dictionary ${dictionary} is not known`);
    return bytes === undefined ? {} : { dictionary: bytes };
  };
  const packer = (dictionary: number) => {
    const packWith = { level: 3, memLevel: SMALL_TABLES, chunkSize: CHUNK_BYTES, ...options(dictionary) };
    return (text: string): Packed => ({ dictionary, body: deflateRawSync(Buffer.from(text), packWith) });
  };
  const packLong = packer(ofReports.id);
  const packShort = packer(ofHeartbeats.id);
  return {
    pack: (text) => (text.length > SHORT_TEXT ? packLong(text) : packShort(text)),
    unpack({ dictionary, body }) {
      try {
        return inflateRawSync(body, { maxOutputLength: MOST_BYTES, ...options(dictionary) }).toString();
      } catch (error) {
        if (error instanceof UnpackError) throw error;
        throw new UnpackError("Cannot unpack a text of the store: it is damaged", { cause: error });
      }
    },
  };
}
