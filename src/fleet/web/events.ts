import { randomBytes } from "node:crypto";
import type { Changes } from "./ports.js";

/** The streams of open pages. */
export interface LiveEvents {
  /** Which changes a page that is made now shows. */
  seen(): string;
  /** Notifies at once if something has changed since `since`, or another server made the page. Null if too many are open. */
  open(since: string | null): AsyncIterable<string> | null;
  close(): void;
}

const EVERY_MS = 1_000;
// An answer is cached for a second, and used a little longer while a new one is made: the page after next is certain to have that.
// In large fleets answers are cached for ten seconds, and made in two.
const NOTIFY_AGAIN_SECONDS = [1, 2, 12, 14];
const PING_MS = 20_000;
const LONGEST_MS = 3_600_000;
const MOST_STREAMS = 200;
const RETRY = "retry: 3000\n\n";
const CHANGED = "event: changed\ndata: \n\n";

/**
 * Notifies open pages that something was stored, at most once a second and a few times more at the end; a page then fetches itself.
 * Pings keep proxies from closing a quiet stream; after an hour it ends, and the browser opens another.
 */
export function liveEvents(changes: Changes, everyMs = EVERY_MS): LiveEvents {
  // Another page server, to which the page's stream may move, counts differently.
  const self = randomBytes(6).toString("base64url");
  const open = new Set<Stream>();
  let timer: NodeJS.Timeout | null = null;
  let seconds = 0;
  let count = 0;
  const notify = (): void => {
    for (const stream of open) stream.send(CHANGED);
  };
  const unsubscribe = changes.subscribe(() => {
    count += 1;
    seconds = 0;
    if (timer !== null) return;
    notify();
    timer = setInterval(() => {
      seconds += 1;
      if (NOTIFY_AGAIN_SECONDS.includes(seconds)) notify();
      if (seconds < Math.max(...NOTIFY_AGAIN_SECONDS) || timer === null) return;
      clearInterval(timer);
      timer = null;
    }, everyMs);
    timer.unref();
  });
  return {
    seen: () => `${self}.${count}`,
    open(since) {
      if (open.size >= MOST_STREAMS) return null;
      const isBehind = since !== null && since !== `${self}.${count}`;
      const stream = new Stream(isBehind ? `${RETRY}${CHANGED}` : RETRY, () => open.delete(stream));
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

/** One page's stream: at most one event waits to be read. */
class Stream implements AsyncIterable<string> {
  #next: string | null;
  #waiting: ((result: IteratorResult<string>) => void) | null = null;
  #ended = false;
  readonly #pings: NodeJS.Timeout;
  readonly #limit: NodeJS.Timeout;

  constructor(
    first: string,
    private readonly onEnd: () => void,
  ) {
    this.#next = first;
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
