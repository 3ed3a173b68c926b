import type { Gap } from "../report/report.js";

/** A set of sequences that costs as much as it has ranges, however long they are. */
export interface Ranges {
  /** Adds sequences behind all that were ever in it. */
  append(from: number, to: number): void;
  /** Takes a sequence out; false when it is not there. */
  remove(sequence: number): boolean;
  /** How many lie from `from` to `to`. */
  countIn(from: number, to: number): number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** An empty set. Of more than `most` ranges the lowest is forgotten. */
export function emptyRanges(most: number): Ranges {
  const ranges: Range[] = [];
  const forgetLowest = () => void (ranges.length > most && ranges.shift());
  return {
    append(from, to) {
      const last = ranges[ranges.length - 1];
      if (last?.to === from - 1) ranges[ranges.length - 1] = { from: last.from, to };
      else ranges.push({ from, to });
      forgetLowest();
    },
    remove(sequence) {
      const at = firstFrom(ranges, sequence, ({ to }) => to);
      const range = ranges[at];
      if (range === undefined || range.from > sequence) return false;
      const rest = [
        { from: range.from, to: sequence - 1 },
        { from: sequence + 1, to: range.to },
      ];
      ranges.splice(at, 1, ...rest.filter((each) => each.from <= each.to));
      forgetLowest();
      return true;
    },
    countIn(from, to) {
      let count = 0;
      for (let at = firstFrom(ranges, from, (range) => range.to); at < ranges.length; at++) {
        const range = ranges[at] as Range;
        if (range.from > to) break;
        count += Math.min(range.to, to) - Math.max(range.from, from) + 1;
      }
      return count;
    },
  };
}

/** Sequences that the device says it has thrown away: `count` of those in the range. */
export type Named = Pick<Gap, "fromSequence" | "toSequence" | "count">;

/** The same in order, with those that overlap as one: each lost sequence is counted in one of them. */
export function mergeNamed(named: readonly Named[]): readonly Named[] {
  const merged: Named[] = [];
  for (const each of [...named].sort((a, b) => a.fromSequence - b.fromSequence)) {
    const { fromSequence, toSequence, count } = each;
    const last = merged[merged.length - 1];
    if (last === undefined || last.toSequence < fromSequence) {
      merged.push({ fromSequence, toSequence, count });
    } else {
      merged[merged.length - 1] = {
        fromSequence: last.fromSequence,
        toSequence: Math.max(last.toSequence, toSequence),
        count: last.count + count,
      };
    }
  }
  return merged;
}

/** The place of the first item whose key is `key` or more, in a list in the order of its keys. */
export function firstFrom<T>(items: readonly T[], key: number, keyOf: (item: T) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(items[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
