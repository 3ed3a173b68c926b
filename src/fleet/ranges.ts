import type { Gap } from "../report/report.js";

interface Range {
  readonly from: number;
  readonly to: number;
}

/** A set of sequences, stored as ranges, so that long ranges cost no memory. Beyond `most` ranges it forgets the lowest. */
export class Ranges {
  private readonly ranges: Range[] = [];

  constructor(private readonly most: number) {}

  /** How many ranges it has. */
  get size(): number {
    return this.ranges.length;
  }

  /** Adds sequences that are higher than any that were ever in the set. */
  append(from: number, to: number): void {
    const last = this.ranges[this.ranges.length - 1];
    if (last?.to === from - 1) this.ranges[this.ranges.length - 1] = { from: last.from, to };
    else this.ranges.push({ from, to });
    this.forgetLowest();
  }

  /** Removes a sequence; false if it is not in the set. */
  remove(sequence: number): boolean {
    const at = firstFrom(this.ranges, sequence, ({ to }) => to);
    const range = this.ranges[at];
    if (range === undefined || range.from > sequence) return false;
    const rest = [
      { from: range.from, to: sequence - 1 },
      { from: sequence + 1, to: range.to },
    ];
    this.ranges.splice(at, 1, ...rest.filter((each) => each.from <= each.to));
    this.forgetLowest();
    return true;
  }

  /** Counts its sequences from `from` to `to`. */
  countIn(from: number, to: number): number {
    let count = 0;
    for (let at = firstFrom(this.ranges, from, (range) => range.to); at < this.ranges.length; at++) {
      const range = this.ranges[at] as Range;
      if (range.from > to) break;
      count += Math.min(range.to, to) - Math.max(range.from, from) + 1;
    }
    return count;
  }

  private forgetLowest(): void {
    if (this.ranges.length > this.most) this.ranges.shift();
  }
}

/** Sequences that the device reports as lost: `count` of those in the range. */
export type Named = Pick<Gap, "fromSequence" | "toSequence" | "count">;

/** Sorts ranges and joins overlapping ones, so that each lost sequence is counted in one of them. */
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

/** The index of the first item whose key is `key` or more, in a list sorted by key. */
export function firstFrom<T>(items: readonly T[], key: number, keyOf: (item: T) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(items[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
