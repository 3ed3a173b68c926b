import { blockSlices } from "../base/block-slices.js";
import type { Slices } from "../base/elf.js";
import type { Lookup } from "../base/file-lookup.js";
import type { ModelTree } from "./model-tree.js";

/** A file of a model, read in pieces. */
export interface FileSlices extends Slices {
  /** Why a read failed; null if none did. */
  problem(): string | null;
}

/** Small blocks, since most reads are of headers that are far apart. */
const BLOCK_BYTES = 512;
const HELD_BLOCKS = 128;
const MOST_BLOCKS = 200_000;
/** Longer reads bypass the blocks. */
const LONG_BYTES = 64 * 1024;
const LONGEST_BYTES = 8 * 1024 * 1024;

/** An open file of a model. Scattered headers cost a block each, and long reads bypass the blocks. */
function fileSlices(sizeBytes: number, slice: (offset: number, sizeBytes: number) => Lookup<Uint8Array>): FileSlices {
  let problem: string | null = null;
  const fetch = (offset: number, bytes: number): Uint8Array | null => {
    const read = slice(offset, bytes);
    if (read.state === "found") return read.value;
    problem = read.state === "absent" ? "it no longer exists" : read.why;
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

/** Opens a file of a model, or says why it cannot be read. */
export function openFile<T>(
  tree: ModelTree,
  path: string,
  use: (slices: FileSlices) => T,
): { readonly value: T } | { readonly why: string } {
  const size = tree.size(path);
  const read = size.state === "found" ? tree.open(path, (slice) => use(fileSlices(size.value, slice))) : size;
  if (read.state === "found") return { value: read.value };
  return { why: read.state === "absent" ? "it no longer exists" : read.why };
}
