import { bytesInMemory } from "../../report/parts.js";
import type { Gap, Report } from "../../report/report.js";
import { emptyRanges, firstFrom, mergeNamed, type Named } from "../ranges.js";
import type { Received } from "./received.js";

/** One epoch of one thing. */
export interface EpochOrder {
  readonly epoch: string;
  /** Every sequence up to it has come, was named as a gap or was given up. */
  readonly contiguous: number;
  take(report: Report, seal: string): readonly Received[];
  /** The device says what went lost. */
  name(gap: Gap): readonly Received[];
  /** Passes over what is missing before the oldest report that is held. */
  giveUp(): readonly Received[];
  release(): readonly Received[];
}

/** What the reports that wait take, in all orders that share it. */
export interface Waiting {
  bytes: number;
  /** The orders that hold any, the one that has for the longest first. */
  readonly orders: Set<EpochOrder>;
}

const MOST_SEALS = 1_000;
const MOST_ABSENT = 1_000;
const MOST_NAMED = 100;

interface Held {
  readonly sequence: number;
  /** JSON: as a text it takes as much memory as it says. */
  readonly text: string;
  readonly seal: string;
}

/**
 * Puts one epoch's reports in order, from the sequence `first`. Those from `begun` to before it have been here; what is before
 * `begun` was never seen, and is given out late when it comes after all. A range that names fewer lost sequences than it is long is
 * believed once no more are missing in it, and in the ranges that overlap with it, than they name: others are on their way.
 *
 * Invariants: a sequence before `next` is in `absent` or was given out; `held` is in order, and all of it behind `next`. Nothing
 * walks a range number by number: a device may name quadrillions.
 */
export function orderEpoch(
  thing: string,
  epoch: string,
  first: number,
  mostHeld: number,
  waiting: Waiting,
  begun: number = first,
): EpochOrder {
  let next = first;
  const held: Held[] = [];
  const seals = new Map<number, string>();
  const absent = emptyRanges(MOST_ABSENT);
  if (begun > 1) absent.append(1, begun - 1);
  let named: readonly Named[] = [];

  function take(report: Report, seal: string): readonly Received[] {
    const { sequence, id } = report;
    const at = placeOf(sequence);
    const before = sequenceAt(at) === sequence ? held[at]?.seal : seals.get(sequence);
    if (before !== undefined)
      return [before === seal ? { kind: "duplicate", id, thing } : { kind: "conflict", report }];
    const late = sequence < next;
    if (late && !absent.remove(sequence)) return [{ kind: "duplicate", id, thing }];
    seals.set(sequence, seal);
    if (seals.size > MOST_SEALS) seals.delete(seals.keys().next().value ?? 0);
    if (late) return [{ kind: "report", report, late }];
    if (sequence === next) {
      next += 1;
      return [{ kind: "report", report, late }, ...advance()];
    }
    hold(at, { sequence, text: JSON.stringify(report), seal });
    return [{ kind: "early", report }, ...advance(), ...(held.length > mostHeld ? giveUp() : [])];
  }

  function hold(at: number, each: Held): void {
    held.splice(at, 0, each);
    waiting.bytes += bytesInMemory(each.text);
    waiting.orders.add(order);
  }

  /** Gives out the first of those that are held. */
  function giveOut(count: number): readonly Received[] {
    const going = held.splice(0, count);
    for (const { text } of going) waiting.bytes -= bytesInMemory(text);
    if (held.length === 0) waiting.orders.delete(order);
    return going.map(({ text }) => ({ kind: "report", report: JSON.parse(text) as Report, late: false }));
  }

  /** Where a sequence stands among those that are held, or would. */
  function placeOf(sequence: number): number {
    return firstFrom(held, sequence, (each) => each.sequence);
  }

  function sequenceAt(at: number): number {
    return held[at]?.sequence ?? Number.POSITIVE_INFINITY;
  }

  /** Gives out all that is no longer waiting for anything. */
  function advance(): readonly Received[] {
    const out: Received[] = [];
    for (;;) {
      let run = 0;
      while (sequenceAt(run) === next + run) run += 1;
      next += run;
      out.push(...giveOut(run));
      const to = namedUpTo();
      if (to === null) return out;
      out.push(skip(to, true));
    }
  }

  /** The end of the run of missing sequences from `next` on that the device has named; null when `next` may still come. */
  function namedUpTo(): number | null {
    const range = named.find(({ fromSequence, toSequence }) => fromSequence <= next && next <= toSequence);
    if (range === undefined || missingIn(range) > range.count) return null;
    return Math.min(range.toSequence, sequenceAt(0) - 1);
  }

  /** What is missing in a range around `next`; what was before the beginning is not missed. */
  function missingIn({ fromSequence, toSequence }: Named): number {
    const toCome = toSequence - next + 1 - placeOf(toSequence + 1);
    return absent.countIn(Math.max(begun, fromSequence), toSequence) + toCome;
  }

  function skip(to: number, byName: boolean): Received {
    const gap: Received = { kind: "gap", thing, epoch, fromSequence: next, toSequence: to, named: byName };
    absent.append(next, to);
    next = to + 1;
    return gap;
  }

  function giveUp(): readonly Received[] {
    return held.length === 0 ? [] : [skip(sequenceAt(0) - 1, false), ...advance()];
  }

  const order: EpochOrder = {
    epoch,
    get contiguous() {
      return next - 1;
    },
    take,
    giveUp,
    name(gap) {
      // A range that was passed over still counts in those that overlap with it.
      if (gap.toSequence < begun) return [];
      named = mergeNamed([...named, gap]).slice(-MOST_NAMED);
      return advance();
    },
    release() {
      const out: Received[] = [];
      while (held.length > 0) out.push(...giveUp());
      return out;
    },
  };
  return order;
}
