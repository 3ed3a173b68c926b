import type { Later } from "../../base/clock.js";

/** Runs one call at a time, and starts at most one per `gapMs`: calls made meanwhile share the next one. */
export function paced<T>(call: () => Promise<T>, gapMs: number, after: Later): () => Promise<T> {
  let next: Promise<T> | null = null;
  let underWay: Promise<unknown> | null = null;

  function start(): Promise<T> {
    const result = call();
    const gap = new Promise<void>((resolve) => after(gapMs, resolve));
    underWay = Promise.all([gap, result.catch(() => undefined)]).then(() => {
      underWay = null;
    });
    return result;
  }

  return () => {
    if (underWay === null) return start();
    next ??= underWay.then(() => {
      next = null;
      return start();
    });
    return next;
  };
}
