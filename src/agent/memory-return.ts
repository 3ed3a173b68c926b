import type { Later } from "../base/clock.js";

/** Long enough for the sending of a backlog, whose rounds follow each other within a second, to count as one. */
const QUIET_MS = 2_000;

/**
 * Gives memory back when nothing was sent for a while after a call: the native halves of calls to the nucleus wait for V8's
 * thorough collection, which it postpones until tens of MB have accumulated, and so do the reports that were read. Takes some
 * 10 ms; the recipe starts Node with --expose-gc.
 */
export function memoryReturn(later: Later, collect = collectGarbage): () => void {
  let cancel = () => {};
  return () => {
    cancel();
    cancel = later(QUIET_MS, collect);
  };
}

function collectGarbage(): void {
  globalThis.gc?.();
}
