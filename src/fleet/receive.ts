import { messageOf } from "../errors.js";
import { parseReport } from "../report/parse.js";
import { joinParts } from "../report/parts.js";
import type { Report } from "../report/report.js";
import { sealedText } from "../report/seal.js";
import { type EpochOrder, orderEpoch } from "./order.js";

/** What came of a message. */
export type Received =
  /** The next report of its thing and epoch. `late`: it had been given up. */
  | { readonly kind: "report"; readonly report: Report; readonly late: boolean }
  /** A report that came before its turn (blocking findings do); it comes again as `report` in its turn. */
  | { readonly kind: "early"; readonly report: Report }
  /** Sequences that do not come. `named`: the device said so; else they were given up by `release` or for want of room. */
  | {
      readonly kind: "gap";
      readonly thing: string;
      readonly epoch: string;
      readonly fromSequence: number;
      readonly toSequence: number;
      readonly named: boolean;
    }
  /** Two different reports bear one id: somebody has changed one. */
  | { readonly kind: "conflict"; readonly report: Report }
  | { readonly kind: "duplicate"; readonly id: string; readonly thing: string }
  /** No report at all. */
  | { readonly kind: "refused"; readonly why: string };

/** How far a thing's reports are here, for the acknowledgement. */
export interface Contiguous {
  readonly epoch: string;
  /** Every report up to it has come or was named as a gap. */
  readonly sequence: number;
  /** The same of earlier epochs whose reports came lately: the device may still keep some of theirs. */
  readonly before?: readonly Omit<Contiguous, "before">[];
}

/** Brings the reports of any number of things into their order. */
export interface Receiver {
  /** Takes a message as it came from a broker or a file; tells what came of it, in order. Never throws. */
  receive(message: string | Uint8Array): readonly Received[];
  /** Gives up what is missing before reports that are held back; call it when nothing more is to be expected. */
  release(): readonly Received[];
  /** What to send to `cmd/packdrift/v1/{thing}/ack/req`; null for a thing that is not known. */
  contiguous(thing: string): Contiguous | null;
}

const MOST_EPOCHS = 8;
/** Epochs of which no more is remembered than how far they had come. */
const MOST_FORMER = 64;

interface Thing {
  /** The one that was used last stands last. */
  readonly orders: Map<string, EpochOrder>;
  /** When each epoch was first seen, of those that are known. */
  readonly born: Map<string, number>;
  readonly former: Map<string, number>;
}

/**
 * A receiver. `digest` is any good hash of a text. Sequences before the first one seen are not missed, unless `fromStart`.
 * At most `mostHeld` reports of an epoch wait for a missing one, and at most `mostThings` things are remembered.
 */
export function createReceiver(options: {
  readonly digest: (text: string) => string;
  readonly fromStart?: boolean;
  readonly mostHeld?: number;
  readonly mostThings?: number;
}): Receiver {
  const { digest, fromStart = false, mostHeld = 200, mostThings = 1_000_000 } = options;
  const parts = joinParts(1_000);
  const things = new Map<string, Thing>();
  let births = 0;

  function thingOf(name: string): Thing {
    const known = things.get(name) ?? { orders: new Map(), born: new Map(), former: new Map() };
    things.set(name, known);
    if (things.size > mostThings) things.delete(things.keys().next().value ?? "");
    return known;
  }

  /** The order of an epoch, which is begun at `first` when it is new, and taken up where it was left when it is not. */
  function orderOf(name: string, { orders, born, former }: Thing, epoch: string, first: number): EpochOrder {
    const left = former.get(epoch);
    const order = orders.get(epoch) ?? orderEpoch(name, epoch, left ?? first, mostHeld, left === undefined ? first : 1);
    if (!born.has(epoch)) born.set(epoch, births++);
    former.delete(epoch);
    orders.delete(epoch);
    orders.set(epoch, order);
    return order;
  }

  /** Leaves the epochs that were used longest ago, when there are many; what they still held is given out. */
  function leaveSome({ orders, born, former }: Thing): readonly Received[] {
    const received: Received[] = [];
    for (const order of orders.values()) {
      if (orders.size <= MOST_EPOCHS) break;
      received.push(...order.release());
      orders.delete(order.epoch);
      former.set(order.epoch, order.contiguous + 1);
    }
    for (const epoch of former.keys()) {
      if (former.size <= MOST_FORMER) break;
      former.delete(epoch);
      born.delete(epoch);
    }
    return received;
  }

  function take(report: Report): readonly Received[] {
    const { thing: name, epoch, sequence, gaps = [] } = report;
    const thing = thingOf(name);
    // A later epoch is seen from its beginning.
    const order = orderOf(name, thing, epoch, fromStart || thing.born.size > 0 ? 1 : sequence);
    const received = [...order.take(report, digest(sealedText(report)))];
    // What a report names counts once, and what a changed one names not at all.
    const isNew = !["duplicate", "conflict"].includes(received[0]?.kind ?? "");
    for (const gap of isNew ? gaps : []) {
      const of = gap.epoch ?? epoch;
      if (thing.born.has(of)) received.push(...orderOf(name, thing, of, 1).name(gap));
    }
    return [...received, ...leaveSome(thing)];
  }

  return {
    receive(message) {
      try {
        const whole = parts.add(parseReport(message));
        return whole === null ? [] : take(whole);
      } catch (error) {
        return [{ kind: "refused", why: messageOf(error) }];
      }
    },
    release: () =>
      [...things.values()].flatMap(({ orders }) => [...orders.values()].flatMap((order) => order.release())),
    contiguous(name) {
      const thing = things.get(name);
      if (thing === undefined) return null;
      const age = (epoch: string) => thing.born.get(epoch) ?? 0;
      const [newest, ...before] = [...thing.orders.values()]
        .sort((a, b) => age(b.epoch) - age(a.epoch))
        .map(({ epoch, contiguous: sequence }) => ({ epoch, sequence }));
      return newest === undefined ? null : { ...newest, ...(before.length > 0 ? { before } : {}) };
    },
  };
}
