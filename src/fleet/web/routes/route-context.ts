import type { PageParts } from "../ports.js";
import type { Visit } from "../visit.js";

/** A request that has passed the guards, and what its route needs to answer it. */
export interface RouteContext {
  /** Decoded, without the first slash. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly visit: Visit;
  readonly parts: PageParts;
  /** Runs queries over all devices, two at a time. */
  readonly costly: ConcurrencyLimit;
}

/** Throws BusyError at the limit, unless `mayWait`: the next page of an export waits, so that the export is complete. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>, mayWait?: boolean) => Promise<T>;

/** Too many expensive queries at once. */
export class BusyError extends Error {}

/** Runs at most `most` at once; waiting ones run in order. */
export function concurrencyLimit(most: number): ConcurrencyLimit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work, mayWait = false) => {
    if (running < most) running += 1;
    else if (mayWait) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new BusyError("The server is busy with other long requests: try again in a moment");
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
