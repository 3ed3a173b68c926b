import type { Gap, Report } from "../report/report.js";
import type { Received } from "./receive.js";

/** One epoch of one thing. */
export interface EpochOrder {
  readonly epoch: string;
  /** Every sequence up to it has come, was named as a gap or was given up. */
  readonly contiguous: number;
  take(report: Report, seal: string): readonly Received[];
  /** The device says what went lost. */
  name(gap: Gap): readonly Received[];
  release(): readonly Received[];
}

const MOST_SEALS = 1_000;

/**
 * Puts one epoch's reports in order, from the sequence `first`. Those from `begun` to before it have been here; what is before
 * `begun` was never seen, and is given out late when it comes after all. A range that names fewer lost sequences than it is long is
 * believed once no more are missing in it, and in the ranges that overlap with it, than they name: others are on their way.
 */
export function orderEpoch(
  thing: string,
  epoch: string,
  first: number,
  mostHeld: number,
  begun: number = first,
): EpochOrder {
  let next = first;
  const held = new Map<number, { readonly report: Report; readonly seal: string }>();
  const seals = new Map<number, string>();
  const lost = new Set<number>();
  let named: readonly Gap[] = [];

  function take(report: Report, seal: string): readonly Received[] {
    const { sequence, id } = report;
    const before = held.get(sequence)?.seal ?? seals.get(sequence);
    if (before !== undefined)
      return [before === seal ? { kind: "duplicate", id, thing } : { kind: "conflict", report }];
    if (sequence >= begun && sequence < next && !lost.has(sequence)) return [{ kind: "duplicate", id, thing }];
    seals.set(sequence, seal);
    if (seals.size > MOST_SEALS) seals.delete(seals.keys().next().value ?? 0);
    if (sequence < next) {
      lost.delete(sequence);
      return [{ kind: "report", report, late: true }];
    }
    held.set(sequence, { report, seal });
    const early: readonly Received[] = sequence === next ? [] : [{ kind: "early", report }];
    return [...early, ...advance(), ...(held.size > mostHeld ? giveUp() : [])];
  }

  /** Gives out all that is no longer waiting for anything. */
  function advance(): readonly Received[] {
    const out: Received[] = [];
    for (;;) {
      const first = held.get(next);
      if (first !== undefined) {
        held.delete(next);
        next += 1;
        out.push({ kind: "report", report: first.report, late: false });
        continue;
      }
      const to = namedUpTo();
      if (to === null) return out;
      out.push(skip(to, true));
    }
  }

  /** The end of the run of missing sequences from `next` on that the device has named; null when `next` may still come. */
  function namedUpTo(): number | null {
    const range = namedAround(next);
    if (range === null || missingIn(range) > range.count) return null;
    let to = next;
    while (to < range.toSequence && !held.has(to + 1)) to += 1;
    return to;
  }

  /** All named ranges that overlap with one another around a sequence, as one: each lost sequence is counted in one of them. */
  function namedAround(sequence: number): Gap | null {
    let whole = null as Gap | null;
    let others = named;
    for (let before = -1; before !== others.length; ) {
      before = others.length;
      const [from, to]: readonly [number, number] =
        whole === null ? [sequence, sequence] : [whole.fromSequence, whole.toSequence];
      for (const gap of others.filter((each) => each.fromSequence <= to && from <= each.toSequence)) {
        whole = {
          fromSequence: Math.min(whole?.fromSequence ?? gap.fromSequence, gap.fromSequence),
          toSequence: Math.max(whole?.toSequence ?? gap.toSequence, gap.toSequence),
          count: (whole?.count ?? 0) + gap.count,
        };
      }
      others = others.filter((each) => each.fromSequence > to || from > each.toSequence);
    }
    return whole;
  }

  function missingIn({ fromSequence, toSequence, count }: Gap): number {
    let missing = 0;
    for (const sequence of lost) if (sequence >= fromSequence && sequence <= toSequence) missing += 1;
    for (let sequence = Math.max(next, fromSequence); sequence <= toSequence && missing <= count; sequence++) {
      if (!held.has(sequence)) missing += 1;
    }
    return missing;
  }

  function skip(to: number, byName: boolean): Received {
    const gap: Received = { kind: "gap", thing, epoch, fromSequence: next, toSequence: to, named: byName };
    // Remembered so that one that comes after all is no duplicate; a long run of old ones need not be.
    for (let sequence = Math.max(next, to - MOST_SEALS); sequence <= to; sequence++) lost.add(sequence);
    for (const oldest of lost) {
      if (lost.size <= 2 * MOST_SEALS) break;
      lost.delete(oldest);
    }
    next = to + 1;
    return gap;
  }

  /** Passes over what is missing before the oldest report that is held. */
  function giveUp(): readonly Received[] {
    const oldest = Math.min(...held.keys());
    if (held.size === 0) return [];
    return [skip(oldest - 1, false), ...advance()];
  }

  return {
    epoch,
    get contiguous() {
      return next - 1;
    },
    take,
    name(gap) {
      if (gap.toSequence < next) return [];
      named = [...named, gap].slice(-100);
      return advance();
    },
    release() {
      const out: Received[] = [];
      while (held.size > 0) out.push(...giveUp());
      return out;
    },
  };
}
