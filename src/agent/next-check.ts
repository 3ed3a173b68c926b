import type { Later } from "../base/clock.js";

interface NextCheckParts {
  readonly nowMs: () => number;
  readonly later: Later;
  /** How long until a heartbeat may be needed. */
  readonly heartbeatInMs: () => number;
  /** Called after each stretch of sleep: heartbeats may be due. */
  readonly onHeartbeat: () => void;
  readonly onSchedule: () => void;
}

interface NextCheck {
  /** Replaces the scheduled times: ISO 8601, soonest first. */
  plan(times: readonly string[]): void;
  stop(): void;
}

/** The longest stretch of sleep: a change of the clock is noticed after it at the latest. */
const LONGEST_SLEEP_MS = 3_600_000;
/** When no next time is known. */
const DEFAULT_MS = 6 * 3_600_000;

/**
 * Sleeps until the next scheduled check, in stretches, so that it follows a clock set forward and sends heartbeats when they are
 * due. A clock set back does not prolong the sleep.
 */
export function nextCheck({ nowMs, later, heartbeatInMs, onHeartbeat, onSchedule }: NextCheckParts): NextCheck {
  let times: readonly string[] = [];
  let cancel = () => {};
  let stopped = false;

  function sleepUntilNext(): void {
    const now = nowMs();
    const at = times.map((time) => Date.parse(time)).find((time) => time > now) ?? now + DEFAULT_MS;
    sleep(at, at - now);
  }

  function sleep(at: number, leftMs: number): void {
    cancel();
    if (stopped) return;
    const stretch = Math.max(0, Math.min(at - nowMs(), leftMs, heartbeatInMs(), LONGEST_SLEEP_MS));
    cancel = later(stretch, () => {
      onHeartbeat();
      if (at > nowMs() && leftMs > stretch) return sleep(at, leftMs - stretch);
      // Plan the next check even if this one fails.
      sleepUntilNext();
      onSchedule();
    });
  }

  return {
    plan(next) {
      times = next;
      sleepUntilNext();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
