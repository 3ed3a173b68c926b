import { backoffMs } from "../base/backoff.js";
import type { Later } from "../base/clock.js";
import { DeliveryError } from "../base/errors.js";
import { encodeReport } from "../report/encode.js";
import type { Report } from "../report/report.js";
import type { Outbox } from "./outbox.js";
import type { QueuedReport } from "./report-index.js";

/** Carries messages away. */
export interface Transport {
  readonly name: string;
  /** How many messages may be on their way at a time. More than one only where they arrive in the order of the calls. */
  readonly inFlight: number;
  /** Resolves when the other side has taken the message; else it throws DeliveryError. `report` is what the message is of. */
  publish(topic: string, payload: string, report: Report): Promise<void>;
}

/** What happened to a report, for the log. */
export type DeliveryEvent =
  | {
      readonly event: "report.delivered";
      readonly id: string;
      readonly kind: string;
      readonly topic: string;
      readonly messages: number;
      readonly attempts: number;
    }
  | { readonly event: "report.refused"; readonly id: string; readonly why: string }
  | {
      readonly event: "report.kept";
      readonly id: string;
      readonly why: string;
      readonly attempts: number;
      readonly retryInMs: number;
    }
  /** The transport works again: what waits is sent after a while, so that a fleet does not come back at once. */
  | { readonly event: "delivery.resuming"; readonly waiting: number; readonly collapsed: number; readonly inMs: number }
  /** Nobody has acknowledged these: they are sent once more. */
  | { readonly event: "delivery.repeating"; readonly reports: number };

export interface Delivery {
  /**
   * Delivers what may be delivered now; resolves when nothing more may or an attempt has failed. After an outage only blocking
   * findings may until the wait is over, unless `atOnce`.
   */
  flush(atOnce?: "atOnce"): Promise<void>;
  /** Makes no further attempt and waits for those under way. */
  stop(): Promise<void>;
}

/** What a delivery works with. */
export interface DeliveryParts {
  readonly outbox: Outbox;
  readonly transport: Transport;
  readonly topicOf: (report: Report) => string;
  readonly maxMessageBytes: () => number;
  readonly later: Later;
  /** Milliseconds on a clock that nobody sets. */
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
  /** The longest wait after an outage; default 300 s. */
  readonly spreadMs?: number;
}

const BACKOFF = { firstMs: 1_000, lastMs: 300_000 };
const SPREAD_MS = 300_000;
/** Below it the back-off itself has spread the fleet. */
const OUTAGE_MS = 60_000;
const FIRST_REPEAT_MS = 15 * 60_000;
const LAST_REPEAT_MS = 6 * 3_600_000;

/** What may be sent: all; while the transport fails one report, to try it; after an outage what cannot wait. */
type Mode = "all" | "one" | "blocking";

/**
 * Empties the outbox into a transport, oldest first. A failed attempt is made again after an exponential back-off with
 * full jitter (1 s to 5 min). After an outage of a minute or more heartbeats are collapsed, reports of blocking findings
 * go first, and all others after a random wait. A report that the other side will never take is set aside and told.
 *
 * Invariants: one round runs at a time; within it reports are handed to the transport in order, and after a failure none
 * behind it, so that what is sent again comes in order too.
 */
export function deliver(parts: DeliveryParts): Delivery {
  const { outbox, transport, onEvent, spreadMs = SPREAD_MS } = parts;
  let underWay: Promise<void> | null = null;
  let cancelRetry = () => {};
  let cancelWait: (() => void) | null = null;
  let cancelRepeat: (() => void) | null = null;
  let repeatMs = FIRST_REPEAT_MS;
  let leftAtRepeat = 0;
  let attempts = 0;
  let failingSinceMs = outageBeforeStart();
  /** Each kind has a topic of its own: that a policy forbids one must not hold up what goes to the other. */
  let forbiddenKind: QueuedReport["kind"] | null = null;
  let stopped = false;

  async function empty(): Promise<void> {
    for (;;) {
      const mode: Mode = failingSinceMs !== null ? "one" : cancelWait !== null ? "blocking" : "all";
      const batch = choose(outbox.unsent(), mode, forbiddenKind);
      if (batch.length === 0 || stopped) return repeatLater();
      if (!(await send(batch))) return;
      if (failingSinceMs !== null) recovered(parts.nowMs() - failingSinceMs);
    }
  }

  /** What has waited for so long when this begins, over a power cut say, waits like after any outage. */
  function outageBeforeStart(): number | null {
    const waitedMs = outbox.waitedMs();
    return waitedMs < OUTAGE_MS ? null : parts.nowMs() - waitedMs;
  }

  /** False when an attempt has failed. */
  async function send(batch: readonly QueuedReport[]): Promise<boolean> {
    const window: { readonly entry: QueuedReport; readonly outcome: Promise<Outcome> }[] = [];
    let failure: { readonly entry: QueuedReport; readonly outcome: Failed } | null = null;
    const settle = async () => {
      const first = window.shift();
      if (first === undefined) return;
      const outcome = conclude(first.entry, await first.outcome);
      if (outcome !== null) failure ??= { entry: first.entry, outcome };
    };
    for (const entry of batch) {
      while (window.length >= transport.inFlight && failure === null) await settle();
      if (stopped || failure !== null) break;
      window.push({ entry, outcome: attempt(entry) });
    }
    while (window.length > 0) await settle();
    const failed = failure as { readonly entry: QueuedReport; readonly outcome: Failed } | null;
    forbiddenKind = failed?.outcome.forbidden ? failed.entry.kind : null;
    if (failed !== null) retryLater(failed.entry.id, failed.outcome.why);
    return failed === null;
  }

  async function attempt({ id }: QueuedReport): Promise<Outcome> {
    try {
      const report = outbox.read(id);
      if (report === null) return { kind: "gone" };
      const topic = parts.topicOf(report);
      const messages = encodeReport(report, parts.maxMessageBytes());
      // All parts are handed over before the next report is: their order is the order of the calls.
      if (transport.inFlight > 1) {
        await allSettled(messages.map((message) => transport.publish(topic, message, report)));
      } else {
        for (const message of messages) await transport.publish(topic, message, report);
      }
      return { kind: "taken", topic, messages: messages.length };
    } catch (error) {
      if (error instanceof DeliveryError) {
        const { message: why, retryable, forbidden } = error;
        return { kind: "failed", why, retryable, forbidden };
      }
      // The folder cannot be read just now: the next attempt may.
      if (isSystemError(error)) return { kind: "failed", why: error.message, retryable: true, forbidden: false };
      throw error;
    }
  }

  /** The failure for which the attempt is to be made again, or null. */
  function conclude({ id, kind }: QueuedReport, outcome: Outcome): Failed | null {
    if (outcome.kind === "gone") return null;
    if (outcome.kind === "taken") {
      outbox.delivered(id);
      const { topic, messages } = outcome;
      onEvent({ event: "report.delivered", id, kind, topic, messages, attempts: attempts + 1 });
      attempts = 0;
      return null;
    }
    if (outcome.retryable) return outcome;
    outbox.discard(id);
    onEvent({ event: "report.refused", id, why: outcome.why });
    return null;
  }

  function retryLater(id: string, why: string): void {
    attempts += 1;
    failingSinceMs ??= parts.nowMs();
    const retryInMs = backoffMs(attempts, BACKOFF, parts.random);
    if (!stopped) cancelRetry = parts.later(retryInMs, () => void flush());
    onEvent({ event: "report.kept", id, why, attempts, retryInMs });
  }

  function recovered(outageMs: number): void {
    failingSinceMs = null;
    if (outageMs < OUTAGE_MS || stopped) return;
    const collapsed = outbox.collapse();
    if (outbox.waiting === 0) return;
    cancelWait?.();
    const inMs = Math.round(parts.random() * spreadMs);
    cancelWait = parts.later(inMs, () => {
      cancelWait = null;
      void flush();
    });
    onEvent({ event: "delivery.resuming", waiting: outbox.waiting, collapsed, inMs });
  }

  /** Where the cloud acknowledges, what it leaves out went lost on the way, and is sent again; less and less often. */
  function repeatLater(): void {
    if (stopped || outbox.ack === "none" || outbox.unacknowledged === 0) {
      cancelRepeat?.();
      cancelRepeat = null;
      return;
    }
    if (cancelRepeat !== null) return;
    if (outbox.unacknowledged !== leftAtRepeat) repeatMs = FIRST_REPEAT_MS;
    cancelRepeat = parts.later(repeatMs, () => {
      cancelRepeat = null;
      const reports = outbox.resend(repeatMs);
      repeatMs = Math.min(2 * repeatMs, LAST_REPEAT_MS);
      leftAtRepeat = outbox.unacknowledged + reports;
      if (reports > 0) onEvent({ event: "delivery.repeating", reports });
      void flush();
    });
  }

  function flush(atOnce?: "atOnce"): Promise<void> {
    cancelRetry();
    if (atOnce !== undefined) {
      cancelWait?.();
      cancelWait = null;
    }
    underWay ??= empty().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  return {
    flush,
    async stop() {
      stopped = true;
      cancelRetry();
      cancelWait?.();
      cancelRepeat?.();
      await underWay;
    },
  };
}

interface Failed {
  readonly kind: "failed";
  readonly why: string;
  readonly retryable: boolean;
  readonly forbidden: boolean;
}

type Outcome =
  | { readonly kind: "taken"; readonly topic: string; readonly messages: number }
  | Failed
  /** It was thrown away meanwhile. */
  | { readonly kind: "gone" };

function choose(
  unsent: readonly QueuedReport[],
  mode: Mode,
  forbidden: QueuedReport["kind"] | null,
): readonly QueuedReport[] {
  switch (mode) {
    case "all":
      return unsent;
    case "blocking":
      return unsent.filter(({ blocking }) => blocking);
    case "one": {
      const others = unsent.filter(({ kind }) => kind !== forbidden);
      const candidates = others.length > 0 ? others : unsent;
      const first = candidates.find(({ blocking }) => blocking) ?? candidates[0];
      return first === undefined ? [] : [first];
    }
  }
}

/** Throws the first failure, when all have ended. */
async function allSettled(calls: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(calls);
  const failed = results.find((result) => result.status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string" && "syscall" in error;
}
