import type { EpochRow } from "../store/rows.js";

/** A report's position in its thing's history, ordered by the epoch's generation (`born`), then by sequence. */
export interface HistoryPosition {
  readonly born: number;
  readonly sequence: number;
}

const MOST_GENERATIONS = 8;

export function isNewer(one: HistoryPosition, other: HistoryPosition): boolean {
  return one.born > other.born || (one.born === other.born && one.sequence > other.sequence);
}

/** The position of an epoch's report in its thing's history. */
export function positionOf({ born, births }: Pick<EpochRow, "born" | "births">, sequence: number): HistoryPosition {
  if (births === "[]") return { born, sequence };
  const earlier = JSON.parse(births) as [number, number][];
  // Each entry is [from sequence, generation]; the last one equals `born`.
  const hold = earlier.filter(([from]) => from <= sequence);
  return { born: hold[hold.length - 1]?.[1] ?? earlier[0]?.[1] ?? born, sequence };
}

/**
 * The epoch's row after its highest report, with a new generation from that report on if the epoch continues after the
 * newest one. A device whose disk is unavailable begins an epoch in memory; when its process ends, the epoch on disk
 * continues. The boot clock shows which of two is later; a boot that neither epoch has seen is a new one. `before` is
 * the row before the report.
 */
export function withNextGeneration(
  row: EpochRow,
  newest: EpochRow | null,
  sequence: number,
  before: EpochRow,
): EpochRow {
  const { boot, boot_ms } = row;
  if (newest === null || newest.epoch === row.epoch || newest.born < row.born) return row;
  if (boot === null || newest.boot === null || before.boot === null) return row;
  const isLater = boot === newest.boot ? (boot_ms ?? 0) > (newest.boot_ms ?? 0) : boot !== before.boot;
  if (!isLater) return row;
  const earlier = row.births === "[]" ? [[1, row.born]] : (JSON.parse(row.births) as [number, number][]);
  const born = newest.born + 1;
  return { ...row, born, births: JSON.stringify([...earlier, [sequence, born]].slice(-MOST_GENERATIONS)) };
}
