import { messageOf } from "../../base/errors.js";
import { parseReport } from "../../report/parse-report.js";
import { joinParts } from "../../report/parts.js";
import type { Report } from "../../report/report.js";
import { sealedText } from "../../report/seal.js";
import { type EpochOrder, orderEpoch, type Waiting } from "./order.js";
import type { Contiguous, Received } from "./received.js";

/** Brings the reports of any number of things into their order. */
export interface Receiver {
  /**
   * Takes a message as it came from a broker or a file; tells what came of it, in order. Never throws. `from` is the thing whose
   * topic it came by: what another thing is said to have reported is refused.
   */
  receive(message: string | Uint8Array, from?: string): readonly Received[];
  /** Gives up what is missing before reports that are held back; call it when nothing more is to be expected. */
  release(): readonly Received[];
  /** What to send to `cmd/packdrift/v1/{thing}/ack/req`; null for a thing that is not known. */
  contiguous(thing: string): Contiguous | null;
}

const MOST_EPOCHS = 8;
/** Epochs of which no more is remembered than how far they had come. */
const MOST_FORMER = 64;

interface Epoch {
  /** Null when it was left. */
  readonly order: EpochOrder | null;
  /** What it waited for when it was left. */
  readonly next: number;
  /** The check of the first of its reports that was seen, and how many epochs were seen before that. */
  readonly since: number;
  readonly born: number;
}

interface Thing {
  /** The check of the first report that was seen. */
  readonly since: number;
  /** The one that was used last stands last. */
  readonly epochs: Map<string, Epoch>;
}

/**
 * A receiver. `digest` is any good hash of a text. Sequences before the first one seen are not missed, in its epoch and in older
 * ones, unless `fromStart`; an epoch is older when its first report seen was checked before the first one seen of the thing.
 * At most `mostHeld` reports of an epoch wait for a missing one, and at most `mostThings` things are remembered. All reports that
 * wait take `mostBytes` of memory, and so do all parts: beyond it the oldest go, a report by giving up what is missing before it.
 */
export function createReceiver(options: {
  readonly digest: (text: string) => string;
  readonly fromStart?: boolean;
  readonly mostHeld?: number;
  readonly mostThings?: number;
  readonly mostBytes?: number;
}): Receiver {
  const { digest, fromStart = false, mostHeld = 200, mostThings = 1_000_000, mostBytes = 32 * 2 ** 20 } = options;
  const parts = joinParts(1_000, mostBytes);
  const waiting: Waiting = { bytes: 0, orders: new Set() };
  const things = new Map<string, Thing>();
  let births = 0;

  function thingOf({ thing: name, checkedAt }: Report): Thing {
    const known = things.get(name) ?? { since: Date.parse(checkedAt), epochs: new Map() };
    things.delete(name);
    things.set(name, known);
    return known;
  }

  /** Forgets the thing that was used longest ago, when there are many; what it still held is given out. */
  function forgetOne(): readonly Received[] {
    const [oldest] = things;
    if (oldest === undefined || things.size <= mostThings) return [];
    things.delete(oldest[0]);
    return releaseThing(oldest[1]);
  }

  /** Waits no longer for what has been missing for the longest, while too much waits for it. */
  function makeRoom(): readonly Received[] {
    const received: Received[] = [];
    for (const order of waiting.orders) {
      while (waiting.bytes > mostBytes && waiting.orders.has(order)) received.push(...order.giveUp());
    }
    return received;
  }

  /** Where a new epoch begins: one that is later than the first report seen of its thing is seen from its beginning. */
  function beginning(thing: Thing, { sequence, checkedAt }: Report): number {
    if (fromStart) return 1;
    return thing.epochs.size === 0 || Date.parse(checkedAt) < thing.since ? sequence : 1;
  }

  /** The order of a known epoch, taken up where it was left if it was. */
  function orderOf(name: string, { epochs }: Thing, epoch: string, known: Epoch): EpochOrder {
    const order = known.order ?? orderEpoch(name, epoch, known.next, mostHeld, waiting, 1);
    epochs.delete(epoch);
    epochs.set(epoch, { ...known, order });
    return order;
  }

  /** Leaves the epochs that were used longest ago, when there are many; what they still held is given out. */
  function leaveSome({ epochs }: Thing): readonly Received[] {
    const received: Received[] = [];
    let behind = epochs.size;
    for (const [epoch, known] of epochs) {
      behind -= 1;
      if (behind >= MOST_EPOCHS + MOST_FORMER) epochs.delete(epoch);
      if (behind < MOST_EPOCHS || known.order === null) continue;
      received.push(...known.order.release());
      epochs.set(epoch, { ...known, order: null, next: known.order.contiguous + 1 });
    }
    return received;
  }

  function take(report: Report): readonly Received[] {
    const { thing: name, epoch, gaps = [] } = report;
    const thing = thingOf(report);
    let known = thing.epochs.get(epoch);
    if (known === undefined) {
      const first = beginning(thing, report);
      const order = orderEpoch(name, epoch, first, mostHeld, waiting);
      known = { order, next: first, since: Date.parse(report.checkedAt), born: births++ };
    }
    const received = [...orderOf(name, thing, epoch, known).take(report, digest(sealedText(report)))];
    // What a report names counts once, and what a changed one names not at all.
    const isNew = !["duplicate", "conflict"].includes(received[0]?.kind ?? "");
    for (const gap of isNew ? gaps : []) {
      const of = gap.epoch ?? epoch;
      const named = thing.epochs.get(of);
      if (named !== undefined) received.push(...orderOf(name, thing, of, named).name(gap));
    }
    return [...received, ...leaveSome(thing), ...forgetOne(), ...makeRoom()];
  }

  return {
    receive(message, from) {
      try {
        const report = parseReport(message);
        const { thing } = report;
        if (from !== undefined && thing !== from)
          return [{ kind: "refused", why: `Cannot take a report of thing "${thing}": its topic is that of "${from}"` }];
        const joined = parts.join(report);
        if (joined.kind === "conflict") return [{ kind: "conflict", report }];
        return joined.kind === "part" ? [] : take(joined.report);
      } catch (error) {
        return [{ kind: "refused", why: messageOf(error) }];
      }
    },
    release: () => [...things.values()].flatMap(releaseThing),
    contiguous(name) {
      const [newest, ...before] = [...(things.get(name)?.epochs.values() ?? [])]
        .sort((a, b) => b.since - a.since || b.born - a.born)
        .flatMap(({ order }) => (order === null ? [] : { epoch: order.epoch, sequence: order.contiguous }));
      return newest === undefined ? null : { ...newest, ...(before.length > 0 ? { before } : {}) };
    },
  };
}

/** Gives out all that a thing's epochs hold. */
function releaseThing({ epochs }: Thing): readonly Received[] {
  return [...epochs.values()].flatMap(({ order }) => order?.release() ?? []);
}
