import type { Later } from "../base/clock.js";

/**
 * When to collect after the last message. The first collection comes once a backlog, whose rounds follow each other within a
 * second, has been sent. V8 frees memory in it, but returns pages only in a later one that finds little allocated since.
 */
const COLLECT_AFTER_MS = [2_000, 5_000, 10_000];

/**
 * Returns memory to the system once sending pauses. The native side of calls to the nucleus, and the reports that were read, are
 * freed only by V8's full collection, which it postpones until tens of MB have accumulated. Each collection takes about 10 ms;
 * the recipe starts Node with --expose-gc.
 */
export function memoryReturn(later: Later = idleLater, collect = collectGarbage): () => void {
  let timers: readonly (() => void)[] = [];
  return () => {
    for (const cancel of timers) cancel();
    timers = COLLECT_AFTER_MS.map((milliseconds) => later(milliseconds, collect));
  };
}

function collectGarbage(): void {
  globalThis.gc?.();
}

/** A timer that does not keep the process alive: nothing is lost if it never fires. */
const idleLater: Later = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds).unref();
  return () => clearTimeout(timer);
};
