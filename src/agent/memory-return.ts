import type { Later } from "../base/clock.js";

/**
 * When to collect after the last message. The first time comes when the sending of a backlog, whose rounds follow each other
 * within a second, is over. V8 frees in it, and gives pages back only in a later one that finds little allocated since.
 */
const COLLECT_AFTER_MS = [2_000, 5_000, 10_000];

/**
 * Gives memory back once nothing more is sent: the native halves of calls to the nucleus wait for V8's thorough collection, which
 * it postpones until tens of MB have accumulated, and so do the reports that were read. Each takes some 10 ms; the recipe starts
 * Node with --expose-gc.
 */
export function memoryReturn(later: Later, collect = collectGarbage): () => void {
  let timers: readonly (() => void)[] = [];
  return () => {
    for (const cancel of timers) cancel();
    timers = COLLECT_AFTER_MS.map((milliseconds) => later(milliseconds, collect));
  };
}

function collectGarbage(): void {
  globalThis.gc?.();
}
