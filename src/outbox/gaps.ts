import { compareTexts } from "../base/text.js";
import type { Gap } from "../report/report.js";

/** How many ranges a report names; the next report names the others. */
export const MOST_GAPS = 4;
/** Ranges of different epochs cannot be merged, but this many epochs without a report that names their gaps do not occur. */
const MOST_KEPT = 100;

/** Adds a lost sequence to the gaps. */
export function addToGaps(gaps: readonly Gap[], epoch: string, sequence: number): readonly Gap[] {
  return mergeGaps(gaps, [{ epoch, fromSequence: sequence, toSequence: sequence, count: 1 }]);
}

/**
 * Merges both lists: neighbours first, then, while there are more than MOST_GAPS, the ranges of one epoch that are closest to each
 * other. Counts stay exact.
 */
export function mergeGaps(some: readonly Gap[], others: readonly Gap[]): readonly Gap[] {
  const all = [...some, ...others].sort(
    (a, b) => compareTexts(a.epoch ?? "", b.epoch ?? "") || a.fromSequence - b.fromSequence,
  );
  const merged: Gap[] = [];
  for (const gap of all) {
    const last = merged[merged.length - 1];
    if (last !== undefined && last.epoch === gap.epoch && gap.fromSequence <= last.toSequence + 1) {
      merged[merged.length - 1] = join(last, gap);
    } else {
      merged.push(gap);
    }
  }
  while (merged.length > MOST_GAPS) {
    const at = closest(merged);
    if (at === null) break;
    merged.splice(at, 2, join(merged[at] as Gap, merged[at + 1] as Gap));
  }
  return merged.slice(-MOST_KEPT);
}

/** The gaps without those that a report has named. */
export function withoutReported(gaps: readonly Gap[], reported: readonly Gap[]): readonly Gap[] {
  const isReported = (gap: Gap) =>
    reported.some(
      (each) => each.epoch === gap.epoch && each.fromSequence <= gap.fromSequence && gap.toSequence <= each.toSequence,
    );
  return gaps.filter((gap) => !isReported(gap));
}

/** Gaps in the form that a report of the epoch `current` carries: only gaps of other epochs name their epoch. */
export function gapsForReport(gaps: readonly Gap[], current: string): readonly Gap[] {
  return gaps.map(({ epoch, ...gap }) => (epoch === undefined || epoch === current ? gap : { epoch, ...gap }));
}

function join(a: Gap, b: Gap): Gap {
  const fromSequence = Math.min(a.fromSequence, b.fromSequence);
  const toSequence = Math.max(a.toSequence, b.toSequence);
  // A sequence named twice was lost once.
  const count = Math.min(a.count + b.count, toSequence - fromSequence + 1);
  return { ...a, fromSequence, toSequence, count };
}

/** The index of the closest two neighbours of the same epoch; null when no two neighbours share an epoch. */
function closest(gaps: readonly Gap[]): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < gaps.length; at++) {
    const [a, b] = [gaps[at] as Gap, gaps[at + 1] as Gap];
    if (a.epoch !== b.epoch || b.fromSequence - a.toSequence >= least) continue;
    best = at;
    least = b.fromSequence - a.toSequence;
  }
  return best;
}
