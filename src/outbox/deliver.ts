import { DeliveryError } from "../errors.js";
import { encodeReport } from "../report/encode.js";
import type { Report } from "../report/report.js";
import type { Outbox } from "./outbox.js";

/** Carries messages away. `publish` resolves when the other side has taken the message; else it throws DeliveryError. */
export interface Transport {
  readonly name: string;
  publish(topic: string, payload: string): Promise<void>;
}

/** Runs `action` after a while; the answer cancels it. */
export type Later = (milliseconds: number, action: () => void) => () => void;

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
    };

export interface Delivery {
  /** Delivers all that waits, now; resolves when the outbox is empty or an attempt has failed. */
  flush(): Promise<void>;
  /** Makes no further attempt and waits for the one under way. */
  stop(): Promise<void>;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;

/**
 * Empties the outbox into a transport, oldest first, one report at a time, so that order is kept.
 * A report leaves the outbox when the transport has taken all its messages; a failed one is tried again after an
 * exponential back-off with full jitter (1 s to 5 min). A report that the other side will never take is set aside and told.
 */
export function deliver(options: {
  readonly outbox: Outbox;
  readonly transport: Transport;
  readonly topicOf: (report: Report) => string;
  readonly maxMessageBytes: () => number;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
}): Delivery {
  const { outbox, transport, onEvent } = options;
  let underWay: Promise<void> | null = null;
  let cancelRetry: (() => void) | null = null;
  let attempts = 0;
  let stopped = false;

  async function empty(): Promise<void> {
    for (let report = outbox.first(); report !== null && !stopped; report = outbox.first()) {
      attempts += 1;
      const topic = options.topicOf(report);
      const messages = encodeReport(report, options.maxMessageBytes());
      const failure = await send(topic, messages);
      const { id, kind } = report;
      if (failure === null) {
        outbox.delivered(id);
        onEvent({ event: "report.delivered", id, kind, topic, messages: messages.length, attempts });
      } else if (failure.retryable) {
        retryLater(id, failure.message);
        return;
      } else {
        outbox.discard(id);
        onEvent({ event: "report.refused", id, why: failure.message });
      }
      attempts = 0;
    }
  }

  /** Null when the transport has taken every message. */
  async function send(topic: string, messages: readonly string[]): Promise<DeliveryError | null> {
    try {
      for (const message of messages) await transport.publish(topic, message);
      return null;
    } catch (error) {
      if (error instanceof DeliveryError) return error;
      throw error;
    }
  }

  function retryLater(id: string, why: string): void {
    const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20));
    const retryInMs = Math.round(options.random() * most);
    if (!stopped) cancelRetry = options.later(retryInMs, () => void flush());
    onEvent({ event: "report.kept", id, why, attempts, retryInMs });
  }

  function flush(): Promise<void> {
    cancelRetry?.();
    cancelRetry = null;
    underWay ??= empty().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  return {
    flush,
    async stop() {
      stopped = true;
      cancelRetry?.();
      await underWay;
    },
  };
}
