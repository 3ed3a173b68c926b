import { afterFailure, NO_FAILURES, streakBackoffMs } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { ExpectedError } from "../../base/errors.js";
import type { JsonObject } from "../../base/json.js";
import type { Desired } from "./document.js";
import { shadowHints } from "./hints.js";
import { pacedRead, SHADOW_BACKOFF } from "./paced-read.js";
import { type ShadowPort, versionedShadow } from "./versioned.js";

interface ShadowParts {
  readonly port: ShadowPort;
  readonly later: Later;
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Called when the desired state changed. */
  readonly onDesired: (desired: Desired) => void;
  readonly onEvent: (event: "shadow.written" | "shadow.not-written", fields: JsonObject) => void;
}

export interface Shadow {
  /** Writes this reported state if it differs from the last one, or if that was written at least `refreshMs` ago. */
  report(state: JsonObject, refreshMs: number): void;
  /** Handles a delta document as received: a hint that the desired state has changed, followed by a read. */
  delta(document: string): void;
  /** Handles an accepted document as received; one that names desired values is a hint too. */
  accepted(document: string): void;
  /** Reads the shadow soon. */
  start(): void;
  stop(): void;
}

const LEAST_GAP_MS = 10_000;
/** These change with every check, and alone are not worth a write. */
const NOT_COMPARED: readonly string[] = ["checked", "seq"];

interface State {
  readonly state: JsonObject;
  /** The state without NOT_COMPARED, as a string. */
  readonly content: string;
}

/**
 * Keeps a shadow's reported state current: one write at a time, at most one in 10 s, the newest state wins. A failed
 * write is retried with back-off. The desired state is taken from reads only, at most one in 10 s: any component that
 * may publish local messages can forge messages on the shadow's topics.
 */
export function keepShadow({ port, later, nowMs, random, onDesired, onEvent }: ShadowParts): Shadow {
  const remote = versionedShadow(port, onDesired);
  let wanted: State | null = null;
  let written: { readonly content: string; readonly at: number } | null = null;
  let cancel: (() => void) | null = null;
  let lastTryAt = Number.NEGATIVE_INFINITY;
  let streak = NO_FAILURES;
  let busy = false;
  let stopped = false;
  const { readSoon, stop } = pacedRead({
    ...{ read: remote.read, gapMs: LEAST_GAP_MS, later, nowMs, random },
    onFailure: (message) => onEvent("shadow.not-written", { message }),
  });
  const hints = shadowHints(() => remote.version, readSoon);

  function plan(): void {
    if (wanted === null || busy || cancel !== null || stopped) return;
    const retryMs = streak.failures === 0 ? 0 : streakBackoffMs(streak, SHADOW_BACKOFF, nowMs(), random);
    cancel = later(leftOf(Math.max(LEAST_GAP_MS, retryMs), nowMs() - lastTryAt), () => {
      cancel = null;
      void write();
    });
  }

  async function write(): Promise<void> {
    if (wanted === null || stopped) return;
    const now = wanted;
    busy = true;
    hints.hold();
    lastTryAt = nowMs();
    try {
      const bytes = await remote.write(now.state);
      streak = NO_FAILURES;
      written = { content: now.content, at: nowMs() };
      if (wanted === now) wanted = null;
      onEvent("shadow.written", { version: remote.version, bytes });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (streak.failures === 0) onEvent("shadow.not-written", { message: error.message });
      streak = afterFailure(streak, nowMs());
    }
    busy = false;
    hints.release();
    plan();
  }

  return {
    start: readSoon,
    report(state, refreshMs) {
      const content = contentOf(state);
      const age = written === null ? Number.POSITIVE_INFINITY : nowMs() - written.at;
      const isFresh = age >= 0 && age < refreshMs;
      if (isFresh && content === (wanted ?? written)?.content) return;
      wanted = { state, content };
      plan();
    },
    delta: hints.delta,
    accepted: hints.accepted,
    stop() {
      stopped = true;
      cancel?.();
      stop();
    },
  };
}

function contentOf(state: JsonObject): string {
  return JSON.stringify(Object.entries(state).filter(([key]) => !NOT_COMPARED.includes(key)));
}

/** The rest of a wait; a clock set back must not prolong it. */
function leftOf(waitMs: number, sinceMs: number): number {
  return sinceMs < 0 ? LEAST_GAP_MS : Math.max(0, waitMs - sinceMs);
}
