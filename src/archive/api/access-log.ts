import type { HttpReply } from "./faults.js";
import type { ClientRequest } from "./service.js";

/** One answered request. */
export interface AccessLine {
  readonly method: string;
  /** Path and query, cut off when long. */
  readonly url: string;
  readonly status: number;
  readonly ms: number;
  readonly address: string;
}

/** Counts of answered requests, by outcome. */
interface AccessCounts {
  readonly requests: number;
  readonly answered: number;
  /** 4xx other than throttled. */
  readonly refused: number;
  readonly throttled: number;
  /** 5xx. */
  readonly failed: number;
}

/** Counts requests and, if enabled, describes each. */
export interface AccessLog {
  /** Wraps a handler, counting its answers. */
  observe(handle: Handler): Handler;
  /** The counts since the last call; null without a request since. */
  take(): AccessCounts | null;
}

type Handler = (request: ClientRequest) => HttpReply | Promise<HttpReply>;

/** `onRequest` is called for each answered request; null disables it. `now` is in milliseconds. */
export function accessLog(now: () => number, onRequest: ((line: AccessLine) => void) | null): AccessLog {
  let counts = { ...NOTHING };
  const answered = (request: ClientRequest, { status }: HttpReply, startedAt: number): void => {
    counts.requests += 1;
    counts[kindOfStatus(status)] += 1;
    if (onRequest === null) return;
    const { method, url, remoteAddress: address = "unknown" } = request;
    onRequest({ method, url: cut(url), status, ms: Math.round((now() - startedAt) * 10) / 10, address });
  };
  return {
    observe: (handle) => (request) => {
      const startedAt = onRequest === null ? 0 : now();
      const reply = handle(request);
      if (!(reply instanceof Promise)) {
        answered(request, reply, startedAt);
        return reply;
      }
      return reply.then((settled) => {
        answered(request, settled, startedAt);
        return settled;
      });
    },
    take() {
      const taken = counts;
      if (taken.requests === 0) return null;
      counts = { ...NOTHING };
      return taken;
    },
  };
}

const NOTHING = { requests: 0, answered: 0, refused: 0, throttled: 0, failed: 0 };
const LONGEST_URL = 300;

function kindOfStatus(status: number): Exclude<keyof AccessCounts, "requests"> {
  if (status === 429) return "throttled";
  if (status >= 500) return "failed";
  return status >= 400 ? "refused" : "answered";
}

function cut(url: string): string {
  return url.length > LONGEST_URL ? `${url.slice(0, LONGEST_URL)}…` : url;
}
