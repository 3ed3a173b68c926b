import type { Report } from "../../report/report.js";
import { firstFrom, mergeNamed, type Named } from "../ranges.js";

/** Sequences that are not there. */
export interface ChainGap {
  readonly thing: string;
  readonly epoch: string;
  readonly fromSequence: number;
  readonly toSequence: number;
  /** A report says that they were thrown away. */
  readonly named: boolean;
}

/** What is missing among the reports of a thing. */
export interface Holes {
  readonly gaps: readonly ChainGap[];
  /** Epochs that name what was thrown away behind the last report that is here of another one. */
  readonly tellers: ReadonlySet<string>;
}

/**
 * The holes in each epoch's sequences, which are in order: from 1 on, in the epoch `first` from the first that is here on, up to
 * the last that is here or is named. A range in which more are missing than it names does not say which: nothing of it is named.
 */
export function holesIn(thing: string, reports: readonly Report[], first: string): Holes {
  const here = new Map<string, number[]>();
  for (const { epoch, sequence } of reports) {
    const sequences = here.get(epoch);
    if (sequences === undefined) here.set(epoch, [sequence]);
    else sequences.push(sequence);
  }
  const named = new Map<string, Named[]>();
  const tellers = new Set<string>();
  for (const { epoch, gaps = [] } of reports) {
    for (const gap of gaps) {
      const of = gap.epoch ?? epoch;
      // What was lost of an epoch before those that are here is not missed.
      if (epoch === first && !here.has(of)) continue;
      if (of !== epoch && gap.toSequence > (here.get(of)?.at(-1) ?? 0)) tellers.add(epoch);
      const ranges = named.get(of);
      if (ranges === undefined) named.set(of, [gap]);
      else ranges.push(gap);
    }
  }
  const gaps = [...new Set([...here.keys(), ...named.keys()])].flatMap((epoch) => {
    const sequences = here.get(epoch) ?? [];
    const from = epoch === first ? (sequences[0] ?? 1) : 1;
    const ranges = mergeNamed(named.get(epoch) ?? []);
    return missingFrom(from, sequences, ranges).map((hole) => ({ thing, epoch, ...hole }));
  });
  return { gaps, tellers };
}

type Hole = Pick<ChainGap, "fromSequence" | "toSequence" | "named">;

function missingFrom(from: number, here: readonly number[], ranges: readonly Named[]): readonly Hole[] {
  const end = Math.max(here.at(-1) ?? 0, ranges.at(-1)?.toSequence ?? 0) + 1;
  const before = (sequence: number) => firstFrom(here, sequence, (each) => each);
  const believed = ranges.filter(({ fromSequence, toSequence, count }) => {
    const lowest = Math.max(fromSequence, from);
    return toSequence - lowest + 1 - (before(toSequence + 1) - before(lowest)) <= count;
  });
  const holes: Hole[] = [];
  let next = from;
  for (const sequence of [...here, end]) {
    for (let at = firstFrom(believed, next, ({ toSequence }) => toSequence); next < sequence; at++) {
      const range = believed[at];
      const start = Math.min(range?.fromSequence ?? sequence, sequence);
      if (next < start) holes.push({ fromSequence: next, toSequence: start - 1, named: false });
      const stop = Math.min(range?.toSequence ?? sequence, sequence - 1);
      next = Math.max(next, start);
      if (next <= stop) holes.push({ fromSequence: next, toSequence: stop, named: true });
      next = Math.max(next, stop + 1);
    }
    next = sequence + 1;
  }
  return holes;
}
