import type { Later } from "../base/clock.js";
import type { Subscription } from "../transports/greengrass/port.js";

interface SettingsEventParts {
  readonly subscribe: (changed: () => void) => Subscription;
  readonly later: Later;
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
  readonly onSettled: () => void;
}

const SETTLE_MS = 1_000;
/** A configuration that never settles is checked anyway. */
const LONGEST_SETTLE_MS = 10_000;

/** Follows changes of the configuration. The nucleus sends an event for each changed leaf, so this waits until they settle. */
export function followConfiguration({ subscribe, later, nowMs, onSettled }: SettingsEventParts): void {
  let cancel: (() => void) | null = null;
  let latestMs = 0;
  subscribe(() => {
    const now = nowMs();
    if (cancel === null) latestMs = now + LONGEST_SETTLE_MS;
    cancel?.();
    cancel = later(Math.max(0, Math.min(SETTLE_MS, latestMs - now)), () => {
      cancel = null;
      onSettled();
    });
  });
}
