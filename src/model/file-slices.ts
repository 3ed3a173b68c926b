import { blockSlices } from "../base/block-slices.js";
import type { Slices } from "../base/elf.js";
import type { ModelTree } from "./model-tree.js";

/** A file of a model, read in pieces. */
export interface FileSlices extends Slices {
  /** Why a read has failed; null when none has. */
  problem(): string | null;
}

const BLOCK_BYTES = 4096;
const HELD_BLOCKS = 128;
/** Headers of the most entries of GPU code, each in a block of its own, and as much for all else. */
const MOST_BLOCKS = 40_000;
/** Longer reads go past the blocks. */
const LONG_BYTES = 16 * BLOCK_BYTES;
const LONGEST_BYTES = 8 * 1024 * 1024;

/** Opens a file for reading in pieces. Headers that lie apart cost a block each, long reads nothing more than themselves. */
export function fileSlices(tree: ModelTree, path: string, sizeBytes: number): FileSlices {
  let problem: string | null = null;
  const fetch = (offset: number, bytes: number): Uint8Array | null => {
    const slice = tree.slice(path, offset, bytes);
    if (slice.state === "found") return slice.value;
    problem = slice.state === "absent" ? "it is gone" : slice.why;
    return null;
  };
  const limits = { blockBytes: BLOCK_BYTES, heldBlocks: HELD_BLOCKS, mostBlocks: MOST_BLOCKS };
  const blocks = blockSlices(sizeBytes, fetch, limits);
  return {
    sizeBytes,
    read(offset, wantedBytes) {
      const bytes = Math.min(wantedBytes, sizeBytes - offset);
      if (bytes <= LONG_BYTES) return blocks.read(offset, bytes);
      return bytes > LONGEST_BYTES ? null : fetch(offset, bytes);
    },
    problem: () => problem,
  };
}
