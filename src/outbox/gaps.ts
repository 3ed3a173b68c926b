import type { Gap } from "../report/report.js";

/** More ranges than this are drawn together: a report must stay small, and a count stays exact in any case. */
export const MOST_GAPS = 4;

/** The gaps with one more lost sequence of `epoch`; `current` is the epoch of the report that will tell. */
export function addToGaps(gaps: readonly Gap[], epoch: string, sequence: number): readonly Gap[] {
  return mergeGaps(gaps, [{ epoch, fromSequence: sequence, toSequence: sequence, count: 1 }]);
}

/** Both lists as one of at most MOST_GAPS ranges: neighbours are joined first, then the ranges closest to each other. */
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
  return merged;
}

/** As the report of `current` carries them: the epoch is named only where it is another. */
export function toldGaps(gaps: readonly Gap[], current: string): readonly Gap[] {
  return gaps.map(({ epoch, ...gap }) => (epoch === undefined || epoch === current ? gap : { epoch, ...gap }));
}

function join(a: Gap, b: Gap): Gap {
  return {
    ...a,
    fromSequence: Math.min(a.fromSequence, b.fromSequence),
    toSequence: Math.max(a.toSequence, b.toSequence),
    count: a.count + b.count,
  };
}

/** The place of the two neighbours of one epoch with the fewest sequences between them; null when no two share an epoch. */
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

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
