import type { Report } from "../../report/report.js";
import { firstFrom, mergeNamed, type Named } from "../ranges.js";

/** Sequences that are missing. */
export interface ChainGap {
  readonly thing: string;
  readonly epoch: string;
  readonly fromSequence: number;
  readonly toSequence: number;
  /** Whether a report names them as lost. */
  readonly named: boolean;
}

/** The sequences missing among the reports of a thing. */
interface MissingSequences {
  readonly gaps: readonly ChainGap[];
  /** Epochs that name lost sequences after the last known report of another epoch. */
  readonly namingLaterGaps: ReadonlySet<string>;
}

/**
 * Finds the sequences missing in each epoch, among reports sorted by sequence: from 1, in the epoch `first` from its
 * first report, up to the last one that is known or named. If more are missing in a range than it names, none of them
 * counts as named.
 */
export function missingIn(thing: string, reports: readonly Report[], first: string): MissingSequences {
  const known = new Map<string, number[]>();
  for (const { epoch, sequence } of reports) {
    const sequences = known.get(epoch);
    if (sequences === undefined) known.set(epoch, [sequence]);
    else sequences.push(sequence);
  }
  const named = new Map<string, Named[]>();
  const namingLaterGaps = new Set<string>();
  for (const { epoch, gaps = [] } of reports) {
    for (const gap of gaps) {
      const of = gap.epoch ?? epoch;
      // Reports lost from epochs before the first one do not count as missing.
      if (epoch === first && !known.has(of)) continue;
      if (of !== epoch && gap.toSequence > (known.get(of)?.at(-1) ?? 0)) namingLaterGaps.add(epoch);
      const ranges = named.get(of);
      if (ranges === undefined) named.set(of, [gap]);
      else ranges.push(gap);
    }
  }
  const gaps = [...new Set([...known.keys(), ...named.keys()])].flatMap((epoch) => {
    const sequences = known.get(epoch) ?? [];
    const from = epoch === first ? (sequences[0] ?? 1) : 1;
    const ranges = mergeNamed(named.get(epoch) ?? []);
    return missingFrom(from, sequences, ranges).map((range) => ({ thing, epoch, ...range }));
  });
  return { gaps, namingLaterGaps };
}

type MissingRange = Pick<ChainGap, "fromSequence" | "toSequence" | "named">;

function missingFrom(from: number, here: readonly number[], ranges: readonly Named[]): readonly MissingRange[] {
  const end = Math.max(here.at(-1) ?? 0, ranges.at(-1)?.toSequence ?? 0) + 1;
  const before = (sequence: number) => firstFrom(here, sequence, (each) => each);
  const believed = ranges.filter(({ fromSequence, toSequence, count }) => {
    const lowest = Math.max(fromSequence, from);
    return toSequence - lowest + 1 - (before(toSequence + 1) - before(lowest)) <= count;
  });
  const missing: MissingRange[] = [];
  let next = from;
  for (const sequence of [...here, end]) {
    for (let at = firstFrom(believed, next, ({ toSequence }) => toSequence); next < sequence; at++) {
      const range = believed[at];
      const start = Math.min(range?.fromSequence ?? sequence, sequence);
      if (next < start) missing.push({ fromSequence: next, toSequence: start - 1, named: false });
      const stop = Math.min(range?.toSequence ?? sequence, sequence - 1);
      next = Math.max(next, start);
      if (next <= stop) missing.push({ fromSequence: next, toSequence: stop, named: true });
      next = Math.max(next, stop + 1);
    }
    next = sequence + 1;
  }
  return missing;
}
