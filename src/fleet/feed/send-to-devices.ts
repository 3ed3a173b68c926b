import type { Later } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";

/** A message to a device. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  /** Called when the broker has it, or has not. */
  readonly onSent: () => void;
  readonly onFailed: () => void;
}

/** One kind of messages to devices. */
export interface Lane {
  /** At most so many a second; null: no limit of its own. */
  readonly perSecond: number | null;
  /** The next message; null when there is none now. */
  next(): Outgoing | null;
}

/** The dependencies of a sender. */
export interface SenderParts {
  readonly publish: (topic: string, payload: string) => Promise<void>;
  readonly isConnected: () => boolean;
  /** The first has precedence. */
  readonly lanes: readonly Lane[];
  /** At most so many a second over all lanes; null: no limit. */
  readonly perSecond: number | null;
  readonly log: Log;
  /** A monotonic clock, in ms. */
  readonly nowMs: () => number;
  readonly later: Later;
}

/** Sends what lanes have, at their pace. */
export interface Sender {
  /** A lane may have something to send, or the connection is there again. */
  wake(): void;
  /** Sends nothing more; resolves once the broker has answered for what it was sent, or did not within 2 s. */
  stop(): Promise<void>;
}

const MOST_IN_FLIGHT = 500;
const FAILED_WAIT_MS = 1_000;
const STOP_MS = 2_000;

/** Sends messages in the lanes' order of precedence, within their rates and that of all. */
export function sendToDevices(parts: SenderParts): Sender {
  const all = pace(parts.perSecond, parts.nowMs);
  const lanes = parts.lanes.map((lane) => ({ lane, pace: pace(lane.perSecond, parts.nowMs) }));
  let inFlight = 0;
  let isStopped = false;
  let idle: (() => void) | null = null;
  let hasFailed = false;
  let cancelTimer: (() => void) | null = null;

  function pump(): void {
    cancelTimer?.();
    cancelTimer = null;
    while (!isStopped && parts.isConnected() && inFlight < MOST_IN_FLIGHT) {
      const waits = lanes.map((each) => Math.max(each.pace.waitMs(), all.waitMs()));
      const ready = lanes.find(({ lane }, at) => waits[at] === 0 && send(lane));
      if (ready !== undefined) {
        ready.pace.spend();
        all.spend();
        continue;
      }
      const waiting = waits.filter((wait) => wait > 0);
      if (waiting.length > 0) wakeIn(Math.min(...waiting));
      return;
    }
  }

  function wakeIn(milliseconds: number): void {
    cancelTimer ??= parts.later(milliseconds, () => {
      cancelTimer = null;
      pump();
    });
  }

  /** Sends a lane's next message; false when it has none. */
  function send(lane: Lane): boolean {
    const message = lane.next();
    if (message === null) return false;
    inFlight += 1;
    parts.publish(message.topic, message.payload).then(
      () => {
        hasFailed = false;
        message.onSent();
        ended();
        if (cancelTimer === null) pump();
      },
      (error: unknown) => {
        message.onFailed();
        ended();
        if (isStopped || !parts.isConnected()) return;
        if (!hasFailed)
          parts.log.warn("send.failed", { topic: message.topic, message: messageOf(error).slice(0, 300) });
        hasFailed = true;
        wakeIn(FAILED_WAIT_MS);
      },
    );
    return true;
  }

  function ended(): void {
    inFlight -= 1;
    if (inFlight === 0) idle?.();
  }

  return {
    wake() {
      if (cancelTimer === null) pump();
    },
    async stop() {
      isStopped = true;
      cancelTimer?.();
      if (inFlight === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = parts.later(STOP_MS, resolve);
        idle = () => {
          cancel();
          resolve();
        };
      });
    },
  };
}

/** Allows so many a second, a tenth of them at once. */
function pace(perSecond: number | null, nowMs: () => number) {
  if (perSecond === null) return { waitMs: () => 0, spend: () => {} };
  const most = Math.max(1, perSecond / 10);
  let tokens = most;
  let at = nowMs();
  const refill = () => {
    const now = nowMs();
    tokens = Math.min(most, tokens + ((now - at) * perSecond) / 1_000);
    at = now;
  };
  return {
    waitMs() {
      refill();
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
    },
    spend() {
      tokens -= 1;
    },
  };
}
