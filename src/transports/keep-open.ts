import { backoffMs } from "../base/backoff.js";

/** One stream of events as the nucleus' client makes it; events come after `activate` has resolved. */
export interface Stream<M> {
  on(event: "message", listener: (message: M) => void): unknown;
  activate(): Promise<unknown>;
  close(): Promise<void>;
}

/** What is to be heard for as long as it can be had. */
export interface Heard<M> {
  /** In words, for troubles. */
  readonly what: string;
  /** A new stream, not yet active; may throw. */
  readonly make: () => Stream<M>;
  /** May throw or reject: that is told, and the stream goes on. */
  readonly take: (message: M) => unknown;
  /** Called when the stream was opened anew: events may have been missed. */
  readonly missed?: () => void;
}

/** What keeping a stream open needs of its surroundings. */
export interface Surroundings {
  /** Rejects when the call takes too long or the connection is gone. */
  readonly limited: <T>(call: Promise<T>, what: string) => Promise<T>;
  /** True when the connection has ended: nothing is tried any more. */
  readonly isOver: () => boolean;
  readonly onTrouble: (what: string, error: unknown) => void;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

const BACKOFF = { firstMs: 1_000, lastMs: 300_000 };

/**
 * Opens a stream, and opens it anew with back-off (1 s to 5 min) whenever the other side ends it. `first` is the first
 * attempt; `retry` goes on after it has failed. Troubles are told once until it works again.
 */
export function keepOpen<M>(
  { what, make, take, missed }: Heard<M>,
  { limited, isOver, onTrouble, random }: Surroundings,
) {
  let stream: Stream<M> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  async function open(): Promise<void> {
    let made: Stream<M> | null = null;
    try {
      made = make();
      stream = made;
      listen(made);
      await limited(made.activate(), what);
      failures = 0;
    } catch (error) {
      // What is granted too late must not be there twice.
      void made?.close().catch(() => undefined);
      stream = null;
      if (failures++ === 0 && !closed && !isOver()) onTrouble(what, error);
      throw error;
    }
  }

  function listen(made: Stream<M>): void {
    // A throw in a listener would end the process.
    made.on("message", (message) => {
      if (stream === made)
        void Promise.resolve(message)
          .then(take)
          .catch((error) => onTrouble(what, error));
    });
    // An error comes after the end, which says enough.
    (made as unknown as { on(event: "ended", listener: () => void): unknown }).on("ended", () => {
      if (stream === made) retry();
    });
  }

  function retry(): void {
    if (closed || isOver()) return;
    timer = setTimeout(() => void open().then(missed, retry), backoffMs(failures, BACKOFF, random));
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
