import { afterFailure, NO_FAILURES, streakBackoffMs } from "../base/backoff.js";
import { monotonicMs } from "../base/clock.js";

/** One attempt at a subscription. */
export interface Stream {
  /** Resolves when the other side has granted it. */
  activate(): Promise<unknown>;
  close(): Promise<void>;
}

/** A stream's callbacks, called only after `activate` has resolved. */
export interface StreamEvents<M> {
  readonly onMessage: (message: M) => void;
  readonly onEnded: () => void;
}

/** A subscription to keep for as long as the connection lasts. */
export interface StreamSpec<M> {
  /** A phrase for the log. */
  readonly what: string;
  /** Makes a new stream, not yet active; may throw. */
  readonly make: (events: StreamEvents<M>) => Stream;
  /** May throw or reject: that is reported as trouble, and the stream stays open. */
  readonly take: (message: M) => unknown;
  /** Called each time the stream was opened again: messages may have been missed. */
  readonly onReopened?: () => void;
}

/** The connection that a stream belongs to. */
export interface StreamConnection {
  /** Rejects when the call takes too long or the connection has ended. */
  readonly limited: <T>(call: Promise<T>, what: string) => Promise<T>;
  /** True when the connection has ended: nothing is retried then. */
  readonly isOver: () => boolean;
  readonly onTrouble: (what: string, error: unknown) => void;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

const BACKOFF = { firstMs: 1_000, lastMs: 300_000 };

/**
 * Opens a stream, and opens it again with back-off whenever the other side ends it: up to 1 s at first, up to 15 s for five
 * minutes, up to 5 min later.
 * `first` is the first attempt; `retry` continues after it has failed. Trouble is reported once until the stream is open again.
 */
export function keepOpen<M>({ what, make, take, onReopened }: StreamSpec<M>, connection: StreamConnection) {
  const { limited, isOver, onTrouble, random } = connection;
  let stream: Stream | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let streak = NO_FAILURES;
  let closed = false;

  async function open(): Promise<void> {
    let made: Stream | null = null;
    try {
      made = make({
        onMessage(message) {
          if (stream === made) deliver(message);
        },
        onEnded() {
          if (stream !== made) return;
          // An outage begins now, unless attempts fail already.
          streak = { ...streak, failingSinceMs: streak.failingSinceMs ?? monotonicMs() };
          retry();
        },
      });
      stream = made;
      await limited(made.activate(), what);
      streak = NO_FAILURES;
    } catch (error) {
      // Close it: a late grant would duplicate the subscription.
      void made?.close().catch(() => undefined);
      stream = null;
      if (streak.failures === 0 && !closed && !isOver()) onTrouble(what, error);
      streak = afterFailure(streak, monotonicMs());
      throw error;
    }
  }

  /** Calls the listener, and reports what it throws, which would otherwise end the process. */
  function deliver(message: M): void {
    void Promise.resolve(message)
      .then(take)
      .catch((error) => onTrouble(what, error));
  }

  function retry(): void {
    if (closed || isOver()) return;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        if (!isOver()) void open().then(onReopened, retry);
      },
      streakBackoffMs(streak, BACKOFF, monotonicMs(), random),
    );
  }

  return {
    first: open(),
    retry,
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      const last = stream;
      stream = null;
      if (last !== null) await limited(last.close(), `end: ${what}`).catch(() => undefined);
    },
  };
}

/** Opens a stream and keeps it open; `opened` is called each time it has been opened. */
export function subscribed<M>(kept: StreamSpec<M>, connection: StreamConnection, opened?: () => void) {
  const { first, retry, close } = keepOpen(opened === undefined ? kept : { ...kept, onReopened: opened }, connection);
  first.then(opened, retry);
  return { close };
}
