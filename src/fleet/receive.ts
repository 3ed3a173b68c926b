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

const MOST_EPOCHS = 4;

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
  const things = new Map<string, Map<string, EpochOrder>>();

  function ordersOf(thing: string): Map<string, EpochOrder> {
    const known = things.get(thing) ?? new Map<string, EpochOrder>();
    things.set(thing, known);
    if (things.size > mostThings) things.delete(things.keys().next().value ?? "");
    return known;
  }

  function orderOf({ thing, epoch, sequence }: Report, orders: Map<string, EpochOrder>): EpochOrder {
    // A later epoch is seen from its beginning.
    const first = fromStart || orders.size > 0 ? 1 : sequence;
    const order = orders.get(epoch) ?? orderEpoch(thing, epoch, first, mostHeld);
    orders.set(epoch, order);
    if (orders.size > MOST_EPOCHS) orders.delete(orders.keys().next().value ?? "");
    return order;
  }

  function take(report: Report): readonly Received[] {
    const orders = ordersOf(report.thing);
    const order = orderOf(report, orders);
    const received = [...order.take(report, digest(sealedText(report)))];
    for (const gap of report.gaps ?? []) {
      const other = gap.epoch === undefined ? order : orders.get(gap.epoch);
      received.push(...(other?.name(gap) ?? []));
    }
    return received;
  }

  return {
    receive(message) {
      try {
        const whole = parts.add(parseReport(message));
        return whole === null ? [] : take(whole);
      } catch (error) {
        return [{ kind: "refused", why: error instanceof Error ? error.message : String(error) }];
      }
    },
    release: () => [...things.values()].flatMap((orders) => [...orders.values()].flatMap((order) => order.release())),
    contiguous(thing) {
      const newest = [...(things.get(thing)?.values() ?? [])].pop();
      return newest === undefined ? null : { epoch: newest.epoch, sequence: newest.contiguous };
    },
  };
}
