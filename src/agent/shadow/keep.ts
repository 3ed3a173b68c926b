import { backoffMs, isShortOutage } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { ExpectedError } from "../../base/errors.js";
import type { JsonObject } from "../../base/json.js";
import type { Desired } from "./document.js";
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
  /** Handles a delta document as received. */
  delta(document: string): void;
  /** Handles an accepted document as received; one that names desired values is followed by a read. */
  accepted(document: string): void;
  /** Reads the shadow. */
  start(): void;
  stop(): void;
}

const LEAST_GAP_MS = 10_000;
const FIRST_RETRY_MS = 20_000;
const LONGEST_RETRY_MS = 600_000;
/** These change with every check, and alone are not worth a write. */
const NOT_COMPARED: readonly string[] = ["checked", "seq"];

interface State {
  readonly state: JsonObject;
  /** The state without NOT_COMPARED, as a string. */
  readonly content: string;
}

/**
 * Keeps a shadow's reported state current: one write at a time, at most one in 10 s, the newest state wins. A failed write is
 * retried with back-off: within 20 s for five minutes, so that the end of a short outage is noticed soon, then up to 10 min.
 */
export function keepShadow({ port, later, nowMs, random, onDesired, onEvent }: ShadowParts): Shadow {
  const remote = versionedShadow(port, onDesired);
  let wanted: State | null = null;
  let written: { readonly content: string; readonly at: number } | null = null;
  let cancel: (() => void) | null = null;
  let lastTryAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let failingSinceMs = 0;
  let busy = false;
  let stopped = false;

  function plan(): void {
    if (wanted === null || busy || cancel !== null || stopped) return;
    const lastMs = isShortOutage(nowMs() - failingSinceMs) ? FIRST_RETRY_MS : LONGEST_RETRY_MS;
    const backoff = failures === 0 ? 0 : backoffMs(failures, { firstMs: FIRST_RETRY_MS, lastMs }, random);
    const wait = Math.max(LEAST_GAP_MS, backoff);
    cancel = later(leftOf(wait, nowMs() - lastTryAt), () => {
      cancel = null;
      void write();
    });
  }

  async function write(): Promise<void> {
    if (wanted === null || stopped) return;
    const now = wanted;
    busy = true;
    lastTryAt = nowMs();
    try {
      const bytes = await remote.write(now.state);
      failures = 0;
      written = { content: now.content, at: nowMs() };
      if (wanted === now) wanted = null;
      onEvent("shadow.written", { version: remote.version, bytes });
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (failures === 0) {
        failingSinceMs = nowMs();
        onEvent("shadow.not-written", { message: error.message });
      }
      failures += 1;
    }
    busy = false;
    plan();
  }

  function start(): void {
    remote.read().catch((error: unknown) => {
      if (!(error instanceof ExpectedError)) throw error;
      onEvent("shadow.not-written", { message: error.message });
    });
  }

  return {
    start,
    report(state, refreshMs) {
      const content = contentOf(state);
      const age = written === null ? Number.POSITIVE_INFINITY : nowMs() - written.at;
      const isFresh = age >= 0 && age < refreshMs;
      if (isFresh && content === (wanted ?? written)?.content) return;
      wanted = { state, content };
      plan();
    },
    delta: remote.delta,
    accepted(document) {
      if (remote.mustRead(document)) start();
    },
    stop() {
      stopped = true;
      cancel?.();
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
