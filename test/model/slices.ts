import { readFileSync } from "node:fs";
import type { Slices } from "../../src/base/elf.js";
import { type Budget, READING_LIMITS, type ReadingLimits, readingBudget } from "../../src/model/budget.js";

/** Bytes in memory as a file. */
export function slicesOf(bytes: Uint8Array): Slices {
  return { sizeBytes: bytes.length, read: (offset, size) => bytes.subarray(offset, offset + size) };
}

/** A file of our own material, `kernel.fatbin`. */
export function material(name: string): Buffer {
  return readFileSync(new URL(`material/${name}`, import.meta.url));
}

/** A budget whose clock stands still. */
export function someBudget(limits: Partial<ReadingLimits> = {}): Budget {
  return readingBudget(() => 0, { ...READING_LIMITS, ...limits });
}
