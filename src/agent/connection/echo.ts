/** What the canary needs; times in ms. */
export interface EchoParts {
  /** Sends to the own echo topic at QoS 0; rejects while the device is offline. */
  readonly send: (payload: string) => Promise<void>;
  readonly later: (milliseconds: number, action: () => void) => () => void;
  readonly intervalMs: number;
  /** The subscriptions have gone deaf: to be made anew. */
  readonly onDeaf: () => void;
  /** A first echo after some that did not come back. */
  readonly onBack: () => void;
}

export interface Echo {
  /** What came on the echo topic. */
  heard(payload: string): void;
  stop(): void;
}

const ANSWER_LIMIT_MS = 30_000;
const LONGEST_INTERVAL_MS = 3_600_000;

/**
 * Proves that our own subscriptions are alive: sends a word to itself now and then. One that was taken and does not come
 * back within 30 s means that the subscriptions are deaf; while sending fails the device is offline, which is no deafness.
 * An echo that stays away is sent less and less often, up to an hour apart, so that a policy which forbids it costs little.
 */
export function echo({ send, later, intervalMs, onDeaf, onBack }: EchoParts): Echo {
  let count = 0;
  let awaited: string | null = null;
  let misses = 0;
  let offline = false;
  let cancel = later(intervalMs, tick);
  let stopped = false;

  function tick(): void {
    const word = String(++count);
    awaited = word;
    // A word that was heard before its sending has ended has gone on already.
    send(word).then(
      () => {
        if (!stopped && awaited === word) cancel = later(Math.min(ANSWER_LIMIT_MS, intervalMs), miss);
      },
      () => {
        if (awaited !== word) return;
        offline = true;
        next();
      },
    );
  }

  function miss(): void {
    misses += 1;
    onDeaf();
    next();
  }

  function next(): void {
    if (!stopped) cancel = later(Math.min(LONGEST_INTERVAL_MS, intervalMs * 2 ** Math.max(0, misses - 1)), tick);
  }

  return {
    heard(word) {
      if (word !== awaited) return;
      awaited = null;
      const wasAway = misses > 0 || offline;
      misses = 0;
      offline = false;
      cancel();
      next();
      if (wasAway) onBack();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
