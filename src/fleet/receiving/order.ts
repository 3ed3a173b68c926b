import { bytesInMemory } from "../../report/parts.js";
import type { Gap, Report } from "../../report/report.js";
import { firstFrom, mergeNamed, type Named, Ranges } from "../ranges.js";
import type { Received } from "./received.js";

/** The memory used by waiting reports, shared by several orders. */
export interface HeldReports {
  bytes: number;
  /** The orders with waiting reports, the longest waiting first. */
  readonly orders: Set<EpochOrder>;
}

/** The start of an epoch's order. */
interface OrderStart {
  readonly thing: string;
  readonly epoch: string;
  /** The sequence expected first. */
  readonly first: number;
  /**
   * Reports from here to `first` were received before; earlier ones were never seen and are given out late. Default:
   * `first`.
   */
  readonly begun?: number;
  readonly mostHeld: number;
  readonly waiting: HeldReports;
}

const MOST_SEALS = 200;
const MOST_ABSENT = 1_000;
const MOST_NAMED = 100;
/**
 * 72 bits of a seal are enough to tell a duplicate from a change. V8 copies a text this short instead of slicing it.
 */
const SEAL_CHARACTERS = 12;
// Measured, rounded up.
const ORDER_BYTES = 800;
const SEAL_BYTES = 100;
const RANGE_BYTES = 80;

interface Held {
  readonly sequence: number;
  /** The report as JSON, which takes less memory than the object, and a known amount. */
  readonly text: string;
  readonly seal: string;
}

/**
 * Puts one epoch's reports in order. A range that names fewer lost sequences than it is long is believed when no more
 * are missing in it, and in the ranges that overlap with it, than they name: before that, the others are still on their
 * way.
 *
 * Invariants: a sequence before `next` is in `absent` or was given out; `held` is sorted and lies entirely after
 * `next`. Nothing walks a range number by number: a device may name quadrillions.
 */
export class EpochOrder {
  readonly epoch: string;
  private readonly thing: string;
  private readonly begun: number;
  private readonly mostHeld: number;
  private readonly waiting: HeldReports;
  private readonly held: Held[] = [];
  private readonly seals = new Map<number, string>();
  private readonly absent = new Ranges(MOST_ABSENT);
  private named: readonly Named[] = [];
  private next: number;

  constructor({ thing, epoch, first, begun = first, mostHeld, waiting }: OrderStart) {
    this.thing = thing;
    this.epoch = epoch;
    this.next = first;
    this.begun = begun;
    this.mostHeld = mostHeld;
    this.waiting = waiting;
    if (begun > 1) this.absent.append(1, begun - 1);
  }

  /** Every sequence up to it was received, named as a gap or given up. */
  get contiguous(): number {
    return this.next - 1;
  }

  /** The memory that the order takes, without waiting reports. */
  get bytes(): number {
    return ORDER_BYTES + SEAL_BYTES * this.seals.size + RANGE_BYTES * (this.absent.size + this.named.length);
  }

  take(report: Report, wholeSeal: string): readonly Received[] {
    const { sequence, id } = report;
    const seal = wholeSeal.slice(0, SEAL_CHARACTERS);
    const at = this.indexOf(sequence);
    const before = this.sequenceAt(at) === sequence ? this.held[at]?.seal : this.seals.get(sequence);
    const duplicate: Received = { kind: "duplicate", id, thing: this.thing };
    if (before !== undefined) return [before === seal ? duplicate : { kind: "conflict", report }];
    const late = sequence < this.next;
    if (late && !this.absent.remove(sequence)) return [duplicate];
    this.remember(sequence, seal);
    if (late) return [{ kind: "report", report, late }];
    if (sequence === this.next) {
      this.next += 1;
      return [{ kind: "report", report, late }, ...this.advance()];
    }
    this.hold(at, { sequence, text: JSON.stringify(report), seal });
    return [{ kind: "early", report }, ...this.advance(), ...(this.held.length > this.mostHeld ? this.giveUp() : [])];
  }

  /** Records sequences that the device reports as lost. */
  name(gap: Gap): readonly Received[] {
    // A range that was skipped still counts in those that overlap with it.
    if (gap.toSequence < this.begun) return [];
    this.named = mergeNamed([...this.named, gap]).slice(-MOST_NAMED);
    return this.advance();
  }

  /** Skips what is missing before the oldest waiting report. */
  giveUp(): readonly Received[] {
    return this.held.length === 0 ? [] : [this.skip(this.sequenceAt(0) - 1, false), ...this.advance()];
  }

  /** Gives out all waiting reports. */
  release(): readonly Received[] {
    const out: Received[] = [];
    while (this.held.length > 0) out.push(...this.giveUp());
    return out;
  }

  private remember(sequence: number, seal: string): void {
    this.seals.set(sequence, seal);
    if (this.seals.size > MOST_SEALS) this.seals.delete(this.seals.keys().next().value ?? 0);
  }

  private hold(at: number, each: Held): void {
    this.held.splice(at, 0, each);
    this.waiting.bytes += bytesInMemory(each.text);
    this.waiting.orders.add(this);
  }

  /** Gives out the first waiting reports. */
  private giveOut(count: number): readonly Received[] {
    const going = this.held.splice(0, count);
    for (const { text } of going) this.waiting.bytes -= bytesInMemory(text);
    if (this.held.length === 0) this.waiting.orders.delete(this);
    return going.map(({ text }) => ({ kind: "report", report: JSON.parse(text) as Report, late: false }));
  }

  /** The index of a sequence among the waiting ones, or where it would be inserted. */
  private indexOf(sequence: number): number {
    return firstFrom(this.held, sequence, (each) => each.sequence);
  }

  private sequenceAt(at: number): number {
    return this.held[at]?.sequence ?? Number.POSITIVE_INFINITY;
  }

  /** Gives out the reports that no longer have to wait. */
  private advance(): readonly Received[] {
    const out: Received[] = [];
    for (;;) {
      let run = 0;
      while (this.sequenceAt(run) === this.next + run) run += 1;
      this.next += run;
      out.push(...this.giveOut(run));
      const to = this.namedUpTo();
      if (to === null) return out;
      out.push(this.skip(to, true));
    }
  }

  /**
   * The end of the run of missing sequences from `next` on that the device has named; null if `next` may still come.
   */
  private namedUpTo(): number | null {
    const range = this.named.find(
      ({ fromSequence, toSequence }) => fromSequence <= this.next && this.next <= toSequence,
    );
    if (range === undefined || this.missingIn(range) > range.count) return null;
    return Math.min(range.toSequence, this.sequenceAt(0) - 1);
  }

  /** How many sequences are missing in a range around `next`; those before the beginning do not count. */
  private missingIn({ fromSequence, toSequence }: Named): number {
    const toCome = toSequence - this.next + 1 - this.indexOf(toSequence + 1);
    return this.absent.countIn(Math.max(this.begun, fromSequence), toSequence) + toCome;
  }

  private skip(to: number, named: boolean): Received {
    const { thing, epoch, next: fromSequence } = this;
    this.absent.append(fromSequence, to);
    this.next = to + 1;
    return { kind: "gap", thing, epoch, fromSequence, toSequence: to, named };
  }
}
