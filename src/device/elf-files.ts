import { blockSlices } from "../base/block-slices.js";
import { type ElfFile, readElf, type Slices } from "../base/elf.js";
import { newestVersion } from "../base/elf-versions.js";
import type { Host } from "./host.js";

const BLOCK_BYTES = 16 * 1024;
/** The most bytes read of one file: the loader reads a tenth of this of the largest library. */
const MOST_BLOCKS = 256;

/** An ELF file of the host; null if it is not one or cannot be read. */
export function elfAt(host: Host, path: string): ElfFile | null {
  const size = host.size(path);
  return size.state === "found" && size.value > 0 ? readElf(slicesOf(host, path, size.value)) : null;
}

/**
 * The newest GLIBC version that a library needs from libc and its companions, `2.27`; null if it cannot be read or
 * needs none.
 */
export function glibcNeeded(host: Host, path: string): string | null {
  const needs = elfAt(host, path)?.dynamic()?.versionNeeds ?? [];
  return newestVersion(
    needs.flatMap(({ versions }) => versions),
    "GLIBC",
  );
}

function slicesOf(host: Host, path: string, sizeBytes: number): Slices {
  const fetch = (offset: number, bytes: number) => {
    const slice = host.slice(path, offset, bytes);
    return slice.state === "found" ? slice.value : null;
  };
  return blockSlices(sizeBytes, fetch, { blockBytes: BLOCK_BYTES, heldBlocks: MOST_BLOCKS, mostBlocks: MOST_BLOCKS });
}
