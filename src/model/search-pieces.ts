import type { Slices } from "../base/elf.js";
import type { Budget } from "./budget.js";

const PIECE_BYTES = 256 * 1024;

/** The range to search. Pieces overlap, so that a match of up to `overlapBytes` is whole in one of them. */
interface SearchRange {
  readonly start: number;
  readonly end: number;
  readonly overlapBytes: number;
}

/** Passes a range to `each` piece by piece, with offsets. Returns the reason if it had to stop early; else null. */
export function searchPieces(
  slices: Slices,
  { start, end, overlapBytes }: SearchRange,
  budget: Budget,
  each: (piece: Buffer, offset: number) => void,
): string | null {
  for (let at = start; at < end; at += PIECE_BYTES) {
    const over = budget.spend("scanBytes", Math.min(PIECE_BYTES, end - at));
    if (over !== null) return over;
    const bytes = slices.read(at, Math.min(PIECE_BYTES + overlapBytes, end - at));
    if (bytes === null || bytes.length === 0) return `cannot read at offset ${at}`;
    each(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at);
  }
  return null;
}
