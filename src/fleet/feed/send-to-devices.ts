import type { Later } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { type TokenBucket, tokenBucket } from "./token-bucket.js";

/** A message to a device. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  /** Called when the broker has acknowledged it, or sending has failed. */
  readonly onSent: () => void;
  readonly onFailed: () => void;
}

/** A source of messages to devices, of one kind. */
export interface Lane {
  /** The most messages per second; null: no limit of its own. */
  readonly perSecond: number | null;
  /** The next message; null when there is none now. */
  next(): Outgoing | null;
}

/** The dependencies of a sender. */
interface SenderParts {
  readonly publish: (topic: string, payload: string) => Promise<void>;
  readonly isConnected: () => boolean;
  /** In order of precedence. */
  readonly lanes: readonly Lane[];
  /** The most messages per second over all lanes; null: no limit. */
  readonly perSecond: number | null;
  readonly log: Log;
  /** A monotonic clock, in ms. */
  readonly nowMs: () => number;
  readonly later: Later;
}

/** Sends the messages of all lanes, within their rates. */
interface Sender {
  /** Notes that a lane may have something to send, or that the connection is back. */
  wake(): void;
  /** Sends nothing more; resolves when the broker has answered for everything sent, or after 2 s. */
  stop(): Promise<void>;
}

const MOST_IN_FLIGHT = 500;
const FAILED_WAIT_MS = 1_000;
const STOP_MS = 2_000;

/** Sends messages in the lanes' order of precedence, within their rates and that of all. */
export function sendToDevices(parts: SenderParts): Sender {
  return new LaneSender(parts);
}

/**
 * Invariants: while a timer runs, nothing is started: the rate limit was reached, or the last message failed. A message
 * is in flight until the broker has answered for it.
 */
class LaneSender implements Sender {
  private readonly all: TokenBucket;
  private readonly lanes: readonly { readonly lane: Lane; readonly bucket: TokenBucket }[];
  private inFlight = 0;
  private isStopped = false;
  private hasFailed = false;
  private cancelTimer: (() => void) | null = null;
  /** Called when nothing is in flight anymore. */
  private onIdle = () => {};

  constructor(private readonly parts: SenderParts) {
    this.all = tokenBucket(parts.perSecond, parts.nowMs);
    this.lanes = parts.lanes.map((lane) => ({ lane, bucket: tokenBucket(lane.perSecond, parts.nowMs) }));
  }

  wake(): void {
    if (this.cancelTimer === null) this.pump();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelTimer?.();
    if (this.inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.parts.later(STOP_MS, resolve);
      this.onIdle = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Sends what may be sent now, and sets the timer for what may be sent later. */
  private pump(): void {
    while (this.canSend()) {
      const waits = this.lanes.map(({ bucket }) => Math.max(bucket.waitMs(), this.all.waitMs()));
      const ready = this.lanes.find(({ lane }, at) => waits[at] === 0 && this.sendNext(lane));
      if (ready === undefined) {
        const waiting = waits.filter((wait) => wait > 0);
        if (waiting.length > 0) this.wakeIn(Math.min(...waiting));
        return;
      }
      ready.bucket.spend();
      this.all.spend();
    }
  }

  private canSend(): boolean {
    return !this.isStopped && this.parts.isConnected() && this.inFlight < MOST_IN_FLIGHT;
  }

  private wakeIn(milliseconds: number): void {
    this.cancelTimer ??= this.parts.later(milliseconds, () => {
      this.cancelTimer = null;
      this.pump();
    });
  }

  /** False if the lane has no message. */
  private sendNext(lane: Lane): boolean {
    const message = lane.next();
    if (message === null) return false;
    this.inFlight += 1;
    this.parts.publish(message.topic, message.payload).then(
      () => this.sent(message),
      (error: unknown) => this.failed(message, error),
    );
    return true;
  }

  private sent(message: Outgoing): void {
    this.hasFailed = false;
    message.onSent();
    this.answered();
    this.wake();
  }

  private failed(message: Outgoing, error: unknown): void {
    message.onFailed();
    this.answered();
    if (this.isStopped || !this.parts.isConnected()) return;
    if (!this.hasFailed)
      this.parts.log.warn("send.failed", { topic: message.topic, message: messageOf(error).slice(0, 300) });
    this.hasFailed = true;
    this.wakeIn(FAILED_WAIT_MS);
  }

  private answered(): void {
    this.inFlight -= 1;
    if (this.inFlight === 0) this.onIdle();
  }
}
