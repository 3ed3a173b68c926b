import type { PageParts } from "../ports.js";
import type { Visit } from "../visit.js";

/** A request that has passed the guards. */
export interface Asked {
  /** Decoded, without the first slash. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly visit: Visit;
  readonly parts: PageParts;
  /** Runs what takes long for all devices, two at a time. Throws BusyError. */
  readonly costly: Costly;
}

export type Costly = <T>(work: () => Promise<T>) => Promise<T>;

/** Too many costly questions at once. */
export class BusyError extends Error {}

/** Admits so many at once. */
export function atMost(most: number): Costly {
  let running = 0;
  return async (work) => {
    if (running >= most) throw new BusyError("The server is busy with other long requests: try again in a moment");
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
}
