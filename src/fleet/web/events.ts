import type { Changes } from "./ports.js";

/** The streams of open pages. */
export interface LiveEvents {
  /** Null where too many are open. */
  open(): AsyncIterable<string> | null;
  close(): void;
}

const EVERY_MS = 1_000;
const PING_MS = 20_000;
const LONGEST_MS = 3_600_000;
const MOST_STREAMS = 200;

/**
 * Tells open pages that something was stored, at most once a second; a page then fetches itself. Pings keep proxies from closing a quiet
 * stream; after an hour it ends, and the browser opens another.
 */
export function liveEvents(changes: Changes, everyMs = EVERY_MS): LiveEvents {
  const open = new Set<Stream>();
  let timer: NodeJS.Timeout | null = null;
  let isWaiting = false;
  const tell = (): void => {
    for (const stream of open) stream.send("event: changed\ndata: \n\n");
  };
  const unsubscribe = changes.subscribe(() => {
    if (timer !== null) {
      isWaiting = true;
      return;
    }
    tell();
    timer = setInterval(() => {
      if (!isWaiting && timer !== null) {
        clearInterval(timer);
        timer = null;
        return;
      }
      isWaiting = false;
      tell();
    }, everyMs);
    timer.unref();
  });
  return {
    open() {
      if (open.size >= MOST_STREAMS) return null;
      const stream = new Stream(() => open.delete(stream));
      open.add(stream);
      return stream;
    },
    close() {
      unsubscribe();
      if (timer !== null) clearInterval(timer);
      for (const stream of open) stream.end();
    },
  };
}

/** One page's stream: what is not read yet is never more than one event. */
class Stream implements AsyncIterable<string> {
  #next: string | null = "retry: 3000\n\n";
  #waiting: ((result: IteratorResult<string>) => void) | null = null;
  #ended = false;
  readonly #pings: NodeJS.Timeout;
  readonly #limit: NodeJS.Timeout;

  constructor(private readonly onEnd: () => void) {
    this.#pings = setInterval(() => this.send(": ping\n\n"), PING_MS).unref();
    this.#limit = setTimeout(() => this.end(), LONGEST_MS).unref();
  }

  send(text: string): void {
    if (this.#ended) return;
    if (this.#waiting === null) {
      this.#next = text;
      return;
    }
    this.#waiting({ done: false, value: text });
    this.#waiting = null;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#pings);
    clearTimeout(this.#limit);
    this.#waiting?.({ done: true, value: undefined });
    this.onEnd();
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: () => {
        const text = this.#next;
        this.#next = null;
        if (this.#ended) return Promise.resolve({ done: true, value: undefined });
        if (text !== null) return Promise.resolve({ done: false, value: text });
        return new Promise((resolve) => {
          this.#waiting = resolve;
        });
      },
      return: () => {
        this.end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
