import type { Slices } from "../base/elf.js";
import type { Budget } from "./budget.js";
import { searchPieces } from "./search-pieces.js";

const VERSION = /"tensorrt_version"\s*:\s*\[\s*\[\s*"(\d{1,4})"\s*,\s*"(\d{1,4})"\s*,\s*"(\d{1,4})"\s*\]\s*\]/g;
/** The longest match of VERSION, with line breaks. */
const LONGEST_MATCH = 256;

/** The TensorRT versions in the graph of a TensorRT module: JSON in which each node has the version as an attribute. */
export function tensorrtVersionsIn(
  slices: Slices,
  start: number,
  end: number,
  budget: Budget,
): { readonly versions: readonly string[]; readonly problem: string | null } {
  const versions = new Set<string>();
  const problem = searchPieces(slices, { start, end, overlapBytes: LONGEST_MATCH }, budget, (piece) => {
    for (const version of versionsOf(piece.toString("latin1"))) versions.add(version);
  });
  return { versions: [...versions], problem };
}

/** The versions in a piece of such JSON. */
export function versionsOf(text: string): string[] {
  return [...text.matchAll(VERSION)].map(([, major, minor, patch]) => `${major}.${minor}.${patch}`);
}
