import { messageOf } from "../../base/errors.js";
import { parseReport } from "../../report/parse-report.js";
import { joinParts } from "../../report/parts.js";
import type { Report } from "../../report/report.js";
import { sealedText } from "../../report/seal.js";
import type { HeldReports } from "./order.js";
import type { Contiguous, Received } from "./received.js";
import { type SignatureRule, signatureFault } from "./signatures.js";
import { ThingEpochs } from "./thing-epochs.js";

/** Puts the reports of any number of things in order. */
export interface Receiver {
  /**
   * Accepts a message from a broker or a file and returns the results, in order. Never throws. `from` is the thing in
   * the message's topic: reports of other things are refused.
   */
  receive(message: string | Uint8Array, from?: string): readonly Received[];
  /** Gives up the reports that are missing before waiting ones; call it when no more messages are expected. */
  release(): readonly Received[];
  /** The acknowledgement for `cmd/packdrift/v1/{thing}/ack/req`; null for an unknown thing. */
  contiguous(thing: string): Contiguous | null;
}

/** The options and memory limits of a receiver. */
export interface ReceiverOptions {
  /** A collision-resistant hash of a text. */
  readonly digest: (text: string) => string;
  /**
   * Expects every sequence from 1 on. Default: sequences before the first one seen do not count as missing, in its
   * epoch and in older ones. An epoch is older if the first report seen of it was checked before the first one seen of
   * the thing.
   */
  readonly fromStart?: boolean;
  /** How many reports of an epoch may wait for a missing one. Default: 200. */
  readonly mostHeld?: number;
  /** How many things are remembered. Default: a million. */
  readonly mostThings?: number;
  /**
   * The memory for waiting reports in bytes, and as much again for parts. When it is full, the oldest go first: a
   * report by giving up what is missing before it. Default: 32 MB.
   */
  readonly mostBytes?: number;
  /**
   * The memory for what is remembered about things and their epochs, in bytes. The least recently used thing is
   * forgotten first. Default: 256 MB.
   */
  readonly mostThingBytes?: number;
  /** Which reports have to be signed. Default: signatures are not checked. */
  readonly signatures?: SignatureRule;
}

const MOST_PARTED_REPORTS = 1_000;

export function createReceiver(options: ReceiverOptions): Receiver {
  const { digest, signatures, fromStart = false, mostHeld = 200, mostBytes = 32 * 2 ** 20 } = options;
  const parts = joinParts(MOST_PARTED_REPORTS, mostBytes);
  const waiting: HeldReports = { bytes: 0, orders: new Set() };
  const things = new RecentThings(options);

  /** While too many reports wait, gives up the one that has been missing longest. */
  function makeRoom(): readonly Received[] {
    const received: Received[] = [];
    for (const order of waiting.orders) {
      while (waiting.bytes > mostBytes && waiting.orders.has(order)) received.push(...order.giveUp());
    }
    return received;
  }

  function take(report: Report): readonly Received[] {
    const seal = digest(sealedText(report));
    const known = things.get(report.thing);
    if (signatures !== undefined) {
      const why = signatureFault(report, seal, signatures, known?.hasSigned ?? false);
      if (why !== null) return [{ kind: "refused", why }];
    }
    const thing = known ?? new ThingEpochs(report.thing, report, { fromStart, mostHeld, waiting });
    if (signatures !== undefined && report.signature !== undefined) thing.hasSigned = true;
    const received = thing.take(report, seal);
    return [...received, ...things.put(report.thing, thing), ...makeRoom()];
  }

  return {
    receive(message, from) {
      try {
        const report = parseReport(message);
        const { thing } = report;
        if (from !== undefined && thing !== from) {
          const why = `Cannot accept a report of thing "${thing}": its topic is that of "${from}"`;
          return [{ kind: "refused", why }];
        }
        const joined = parts.join(report);
        if (joined.kind === "conflict") return [{ kind: "conflict", report }];
        return joined.kind === "part" ? [] : take(joined.report);
      } catch (error) {
        return [{ kind: "refused", why: messageOf(error) }];
      }
    },
    release: () => things.all().flatMap((thing) => thing.release()),
    contiguous: (name) => things.get(name)?.contiguous() ?? null,
  };
}

/** Things by name; the least recently used ones are forgotten when there are too many or they take too much memory. */
class RecentThings {
  private readonly things = new Map<string, { readonly thing: ThingEpochs; readonly bytes: number }>();
  private readonly mostThings: number;
  private readonly mostBytes: number;
  private bytes = 0;

  constructor({ mostThings = 1_000_000, mostThingBytes = 256 * 2 ** 20 }: ReceiverOptions) {
    this.mostThings = mostThings;
    this.mostBytes = mostThingBytes;
  }

  get(name: string): ThingEpochs | undefined {
    return this.things.get(name)?.thing;
  }

  all(): readonly ThingEpochs[] {
    return [...this.things.values()].map(({ thing }) => thing);
  }

  /** Moves a changed thing to the end; returns the reports that were waiting in things that are forgotten. */
  put(name: string, thing: ThingEpochs): readonly Received[] {
    this.remove(name);
    const { bytes } = thing;
    this.things.set(name, { thing, bytes });
    this.bytes += bytes;
    const received: Received[] = [];
    for (const [oldest, { thing: going }] of this.things) {
      if (this.things.size <= this.mostThings && this.bytes <= this.mostBytes) break;
      if (oldest === name) break;
      this.remove(oldest);
      received.push(...going.release());
    }
    return received;
  }

  private remove(name: string): void {
    const known = this.things.get(name);
    if (known === undefined) return;
    this.things.delete(name);
    this.bytes -= known.bytes;
  }
}
