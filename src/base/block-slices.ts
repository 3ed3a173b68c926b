import type { Slices } from "./elf-fields.js";

/** How a file is read in blocks. */
export interface BlockLimits {
  readonly blockBytes: number;
  /** Blocks held at a time; the one that was fetched first gives way. */
  readonly heldBlocks: number;
  /** Blocks fetched in all; after them nothing more can be read. */
  readonly mostBlocks: number;
}

/** Reads a file in blocks and keeps them: a reader of ELF files asks for many names that stand close together. */
export function blockSlices(
  sizeBytes: number,
  fetch: (offset: number, sizeBytes: number) => Uint8Array | null,
  { blockBytes, heldBlocks, mostBlocks }: BlockLimits,
): Slices {
  const blocks = new Map<number, Uint8Array>();
  let fetched = 0;
  const block = (at: number): Uint8Array | null => {
    const known = blocks.get(at);
    if (known) return known;
    if (fetched >= mostBlocks) return null;
    fetched++;
    const bytes = fetch(at * blockBytes, blockBytes);
    if (bytes === null) return null;
    const [oldest] = blocks.keys();
    if (blocks.size >= heldBlocks && oldest !== undefined) blocks.delete(oldest);
    blocks.set(at, bytes);
    return bytes;
  };
  return {
    sizeBytes,
    read(offset, wantedBytes) {
      const end = Math.min(offset + wantedBytes, sizeBytes);
      if (offset >= end) return new Uint8Array();
      if (end - offset > mostBlocks * blockBytes) return null;
      const bytes = new Uint8Array(end - offset);
      for (let at = Math.floor(offset / blockBytes); at * blockBytes < end; at++) {
        const piece = block(at);
        if (piece === null) return null;
        const from = Math.max(offset - at * blockBytes, 0);
        bytes.set(piece.subarray(from, end - at * blockBytes), at * blockBytes + from - offset);
      }
      return bytes;
    },
  };
}
