import type { Slices } from "./elf-fields.js";

/** How a file is read in blocks. */
interface BlockLimits {
  readonly blockBytes: number;
  /** Blocks held at a time; the oldest is dropped first. */
  readonly heldBlocks: number;
  /** Blocks fetched in total; after that every read of another block fails. */
  readonly mostBlocks: number;
}

/** Reads a file in cached blocks, because readers of ELF files look up many names that are close together. */
export function blockSlices(
  sizeBytes: number,
  fetch: (offset: number, sizeBytes: number) => Uint8Array | null,
  { blockBytes, heldBlocks, mostBlocks }: BlockLimits,
): Slices {
  const blocks = new Map<number, Uint8Array>();
  let fetched = 0;
  const hold = (at: number, bytes: Uint8Array) => {
    const [oldest] = blocks.keys();
    if (blocks.size >= heldBlocks && oldest !== undefined) blocks.delete(oldest);
    blocks.set(at, bytes);
  };
  /** Fetches the missing blocks from `first` on, up to `end`, in one read; false if it fails or exceeds the limit. */
  const fetchRun = (first: number, end: number): boolean => {
    let count = 1;
    while (first + count < end && !blocks.has(first + count)) count++;
    if (fetched + count > mostBlocks) return false;
    fetched += count;
    const bytes = fetch(first * blockBytes, count * blockBytes);
    if (bytes === null) return false;
    for (let i = 0; i < count; i++) hold(first + i, bytes.subarray(i * blockBytes, (i + 1) * blockBytes));
    return true;
  };
  return {
    sizeBytes,
    read(offset, wantedBytes) {
      const end = Math.min(offset + wantedBytes, sizeBytes);
      if (offset >= end) return new Uint8Array();
      if (end - offset > mostBlocks * blockBytes) return null;
      const bytes = new Uint8Array(end - offset);
      const last = Math.ceil(end / blockBytes);
      for (let at = Math.floor(offset / blockBytes); at < last; at++) {
        const runEnd = Math.min(last, at + heldBlocks);
        const piece = blocks.get(at) ?? (fetchRun(at, runEnd) ? blocks.get(at) : undefined);
        if (piece === undefined) return null;
        const from = Math.max(offset - at * blockBytes, 0);
        bytes.set(piece.subarray(from, end - at * blockBytes), at * blockBytes + from - offset);
      }
      return bytes;
    },
  };
}
