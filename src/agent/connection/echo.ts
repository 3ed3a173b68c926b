import type { Later } from "../../base/clock.js";

/** The echo's dependencies. */
interface EchoParts {
  /** Publishes to our own echo topic at QoS 0; rejects while the device is offline. */
  readonly send: (payload: string) => Promise<void>;
  readonly later: Later;
  readonly intervalMs: number;
  /** Called when the subscriptions no longer receive messages, and have to be made again. */
  readonly onNotReceiving: () => void;
  /** Called at the first echo after one or more were missed. */
  readonly onBack: () => void;
}

export interface Echo {
  /** A message on the echo topic. */
  received(payload: string): void;
  /** How the last one went. */
  readonly state: "NOT_YET" | "ANSWERED" | "MISSED";
  stop(): void;
}

const ANSWER_LIMIT_MS = 30_000;
const LONGEST_INTERVAL_MS = 3_600_000;

/**
 * Checks that our subscriptions still receive messages, by publishing to one of them at an interval. When a message was accepted
 * but does not come back within 30 s, they do not. When publishing fails, the device is offline, which proves nothing. After
 * each miss the interval doubles, up to an hour, so that a policy that forbids the echo topic costs little.
 */
export function echo({ send, later, intervalMs, onNotReceiving, onBack }: EchoParts): Echo {
  let count = 0;
  let awaited: string | null = null;
  let misses = 0;
  let offline = false;
  let cancel = later(intervalMs, publish);
  let stopped = false;
  let state: Echo["state"] = "NOT_YET";

  function publish(): void {
    const payload = String(++count);
    awaited = payload;
    // The echo can arrive before the call that sent it resolves; the next one is planned by then.
    send(payload).then(
      () => {
        if (!stopped && awaited === payload) cancel = later(Math.min(ANSWER_LIMIT_MS, intervalMs), miss);
      },
      () => {
        if (awaited !== payload) return;
        offline = true;
        plan();
      },
    );
  }

  function miss(): void {
    state = "MISSED";
    misses += 1;
    onNotReceiving();
    plan();
  }

  function plan(): void {
    if (!stopped) cancel = later(Math.min(LONGEST_INTERVAL_MS, intervalMs * 2 ** Math.max(0, misses - 1)), publish);
  }

  return {
    received(payload) {
      if (payload !== awaited) return;
      state = "ANSWERED";
      awaited = null;
      const wasAway = misses > 0 || offline;
      misses = 0;
      offline = false;
      cancel();
      plan();
      if (wasAway) onBack();
    },
    get state() {
      return state;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
