import { codeOf, DeliveryError } from "../base/errors.js";
import { encodeReport } from "../report/encode.js";
import type { Report } from "../report/report.js";
import type { Outbox } from "./outbox.js";
import type { QueuedReport } from "./report-index.js";

/** Sends messages. */
export interface Transport {
  readonly name: string;
  /** How many messages may be in flight at a time. More than one only where they arrive in the order of the calls. */
  readonly inFlight: number;
  /** Resolves when the other side has accepted the message, or throws DeliveryError. `report` is the report it belongs to. */
  publish(topic: string, payload: string, report: Report): Promise<void>;
}

/** The outcome of an attempt to send a report. `attempts` counts all attempts for the report. */
export type SendOutcome =
  | {
      readonly kind: "accepted";
      readonly topic: string;
      readonly messages: number;
      readonly attempts: number;
    }
  | SendFailure
  /** The report has been discarded meanwhile. */
  | { readonly kind: "gone" };

export interface SendFailure {
  readonly kind: "failed";
  readonly why: string;
  readonly retryable: boolean;
  readonly forbidden: boolean;
  readonly attempts: number;
}

/** Sends single reports. A retry of a report in several messages sends only those not yet accepted. */
export interface ReportSender {
  send(id: string): Promise<SendOutcome>;
  /** Forgets the progress of reports that no longer wait. */
  keepOnly(unsent: readonly QueuedReport[]): void;
}

interface SenderParts {
  readonly outbox: Pick<Outbox, "read">;
  readonly transport: Transport;
  readonly topicOf: (report: Report) => string;
  readonly maxMessageBytes: () => number;
  readonly onAccepted: () => void;
}

/** The part of a report that was sent in earlier, failed attempts. */
interface Progress {
  /** With another limit the report is split into other messages. */
  readonly maxBytes: number;
  /** The indexes of the accepted messages. */
  readonly accepted: Set<number>;
  attempts: number;
}

export function reportSender(parts: SenderParts): ReportSender {
  const { outbox, transport, onAccepted } = parts;
  const unfinished = new Map<string, Progress>();

  function progressOf(id: string, maxBytes: number): Progress {
    const known = unfinished.get(id);
    const isSplitAlike = known?.maxBytes === maxBytes;
    const progress = {
      maxBytes,
      accepted: isSplitAlike ? known.accepted : new Set<number>(),
      attempts: (known?.attempts ?? 0) + 1,
    };
    unfinished.set(id, progress);
    return progress;
  }

  async function send(id: string): Promise<SendOutcome> {
    const maxBytes = parts.maxMessageBytes();
    const { accepted, attempts } = progressOf(id, maxBytes);
    try {
      const report = outbox.read(id);
      if (report === null) {
        unfinished.delete(id);
        return { kind: "gone" };
      }
      const topic = parts.topicOf(report);
      const messages = encodeReport(report, maxBytes);
      const publish = async ([at, message]: readonly [number, string]) => {
        await transport.publish(topic, message, report);
        accepted.add(at);
        onAccepted();
      };
      const left = [...messages.entries()].filter(([at]) => !accepted.has(at));
      // All messages are handed over before those of the next report, and arrive in the order of the calls.
      if (transport.inFlight > 1) await allSettled(left.map(publish));
      else for (const each of left) await publish(each);
      unfinished.delete(id);
      return { kind: "accepted", topic, messages: messages.length, attempts };
    } catch (error) {
      return failureOf(error, attempts);
    }
  }

  return {
    send,
    keepOnly(unsent) {
      if (unfinished.size === 0) return;
      const waiting = new Set(unsent.map(({ id }) => id));
      for (const id of unfinished.keys()) if (!waiting.has(id)) unfinished.delete(id);
    },
  };
}

function failureOf(error: unknown, attempts: number): SendFailure {
  if (error instanceof DeliveryError) {
    const { message: why, retryable, forbidden } = error;
    return { kind: "failed", why, retryable, forbidden, attempts };
  }
  // The folder cannot be read now; the next attempt may succeed.
  if (isSystemError(error)) return { kind: "failed", why: error.message, retryable: true, forbidden: false, attempts };
  throw error;
}

/** Waits for all calls, then throws the first failure. */
async function allSettled(calls: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(calls);
  const failed = results.find((result) => result.status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && codeOf(error) !== undefined && "syscall" in error;
}
