import { type ElfFile, readElf, type Slices } from "../base/elf.js";
import { compareVersionTexts } from "../base/version.js";
import type { Host } from "./host.js";

const BLOCK_BYTES = 16 * 1024;
/** More than this is not read of one file: what the loader reads of the largest library is a tenth of it. */
const MOST_BLOCKS = 256;

/** An ELF file of the host; null when it is not one, or cannot be read. */
export function elfAt(host: Host, path: string): ElfFile | null {
  const size = host.size(path);
  return size.state === "found" && size.value > 0 ? readElf(slicesOf(host, path, size.value)) : null;
}

/** The newest GLIBC version that a library asks of libc and its companions, `2.27`; null when it cannot be read or asks none. */
export function glibcNeeded(host: Host, path: string): string | null {
  const needs = elfAt(host, path)?.dynamic()?.versionNeeds ?? [];
  return newestGlibc(needs.flatMap(({ versions }) => versions));
}

/** The newest of the versions that are called GLIBC_x.y. */
export function newestGlibc(versions: readonly string[]): string | null {
  const releases = versions.flatMap((version) => /^GLIBC_(\d{1,3}\.\d{1,3})(?:\.\d{1,3})?$/.exec(version)?.[1] ?? []);
  return releases.sort(compareVersionTexts).at(-1) ?? null;
}

/** Reads in blocks and keeps them: the reader asks for many names that stand close together. */
function slicesOf(host: Host, path: string, sizeBytes: number): Slices {
  const blocks = new Map<number, Uint8Array>();
  const block = (at: number): Uint8Array | null => {
    const known = blocks.get(at);
    if (known) return known;
    if (blocks.size >= MOST_BLOCKS) return null;
    const bytes = host.slice(path, at * BLOCK_BYTES, BLOCK_BYTES);
    if (bytes.state !== "found") return null;
    blocks.set(at, bytes.value);
    return bytes.value;
  };
  return {
    sizeBytes,
    read(offset, wantedBytes) {
      const end = Math.min(offset + wantedBytes, sizeBytes);
      if (offset >= end) return new Uint8Array();
      if (end - offset > MOST_BLOCKS * BLOCK_BYTES) return null;
      const bytes = new Uint8Array(end - offset);
      for (let at = Math.floor(offset / BLOCK_BYTES); at * BLOCK_BYTES < end; at++) {
        const piece = block(at);
        if (piece === null) return null;
        const from = Math.max(offset - at * BLOCK_BYTES, 0);
        bytes.set(piece.subarray(from, end - at * BLOCK_BYTES), at * BLOCK_BYTES + from - offset);
      }
      return bytes;
    },
  };
}
