import type { PageParts } from "../ports.js";
import type { Visit } from "../visit.js";

/** A request that has passed the guards. */
export interface Asked {
  /** Decoded, without the first slash. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly visit: Visit;
  readonly parts: PageParts;
  /** Runs what takes long for all devices, two at a time. */
  readonly costly: Costly;
}

/** Throws BusyError while no place is free, unless it may wait: what continues an answer does, so that an export is whole. */
export type Costly = <T>(work: () => Promise<T>, mayWait?: boolean) => Promise<T>;

/** Too many costly questions at once. */
export class BusyError extends Error {}

/** Admits so many at once; those that wait have their turn in order. */
export function atMost(most: number): Costly {
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
