import type { Report } from "../../report/report.js";
import { EpochOrder, type HeldReports } from "./order.js";
import type { Contiguous, Received } from "./received.js";

const MOST_EPOCHS = 8;
/** How many earlier epochs are remembered by their last sequence only. */
const MOST_FORMER = 64;
// Measured, rounded up.
const THING_BYTES = 500;
const FORMER_BYTES = 250;

/** Limits and memory shared by all things. */
interface SharedOrder {
  readonly fromStart: boolean;
  readonly mostHeld: number;
  readonly waiting: HeldReports;
}

interface Epoch {
  /** Null after the epoch was left. */
  readonly order: EpochOrder | null;
  /** The sequence that the epoch waited for when it was left. */
  readonly next: number;
  /** When the first report seen of it was checked, and how many epochs of the thing had been seen before. */
  readonly since: number;
  readonly born: number;
}

/** The epochs of one thing, each with its order. */
export class ThingEpochs {
  /** Whether a report of it had a valid signature. */
  hasSigned = false;
  /** When the first report seen was checked. */
  private readonly since: number;
  /** Least recently used first. */
  private readonly epochs = new Map<string, Epoch>();
  private births = 0;

  constructor(
    private readonly thing: string,
    { checkedAt }: Pick<Report, "checkedAt">,
    private readonly shared: SharedOrder,
  ) {
    this.since = Date.parse(checkedAt);
  }

  /** The memory it uses, without waiting reports. */
  get bytes(): number {
    let bytes = THING_BYTES + 2 * this.thing.length;
    for (const [epoch, { order }] of this.epochs) bytes += 2 * epoch.length + (order?.bytes ?? FORMER_BYTES);
    return bytes;
  }

  take(report: Report, seal: string): readonly Received[] {
    const { epoch, gaps = [] } = report;
    const known = this.epochs.get(epoch) ?? this.newEpoch(report);
    const received = [...this.orderOf(epoch, known).take(report, seal)];
    // A repeated report names no new gaps, and those of a changed one cannot be believed.
    const isNew = !["duplicate", "conflict"].includes(received[0]?.kind ?? "");
    for (const gap of isNew ? gaps : []) {
      const of = gap.epoch ?? epoch;
      const named = this.epochs.get(of);
      if (named !== undefined) received.push(...this.orderOf(of, named).name(gap));
    }
    return [...received, ...this.leaveSome()];
  }

  /** Gives out every report that waits. */
  release(): readonly Received[] {
    return [...this.epochs.values()].flatMap(({ order }) => order?.release() ?? []);
  }

  contiguous(): Contiguous | null {
    const [newest, ...before] = [...this.epochs.values()]
      .sort((a, b) => b.since - a.since || b.born - a.born)
      .flatMap(({ order }) => (order === null ? [] : { epoch: order.epoch, sequence: order.contiguous }));
    return newest === undefined ? null : { ...newest, ...(before.length > 0 ? { before } : {}) };
  }

  private newEpoch(report: Report): Epoch {
    return { order: null, next: this.beginning(report), since: Date.parse(report.checkedAt), born: this.births++ };
  }

  /** Where a new epoch begins: one that is later than the first report seen is received from its beginning. */
  private beginning({ sequence, checkedAt }: Report): number {
    if (this.shared.fromStart) return 1;
    return this.epochs.size === 0 || Date.parse(checkedAt) < this.since ? sequence : 1;
  }

  /** The order of an epoch, resumed where it was left. */
  private orderOf(epoch: string, known: Epoch): EpochOrder {
    const { mostHeld, waiting } = this.shared;
    const isNew = !this.epochs.has(epoch);
    const start = { thing: this.thing, epoch, first: known.next, mostHeld, waiting };
    const order = known.order ?? new EpochOrder(isNew ? start : { ...start, begun: 1 });
    this.epochs.delete(epoch);
    this.epochs.set(epoch, { ...known, order });
    return order;
  }

  /** Leaves the least recently used epochs if there are many, and returns the reports that were waiting in them. */
  private leaveSome(): readonly Received[] {
    const received: Received[] = [];
    let behind = this.epochs.size;
    for (const [epoch, known] of this.epochs) {
      behind -= 1;
      if (behind >= MOST_EPOCHS + MOST_FORMER) this.epochs.delete(epoch);
      if (behind < MOST_EPOCHS || known.order === null) continue;
      received.push(...known.order.release());
      this.epochs.set(epoch, { ...known, order: null, next: known.order.contiguous + 1 });
    }
    return received;
  }
}
