import { backoffMs } from "../base/backoff.js";
import { type Loss, messageOf } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { WORK_FILES } from "../base/work-files.js";
import type { FileStore } from "../platform/file-store.js";
import type { Trigger } from "../report/report.js";
import {
  clampToNow,
  type Ending,
  FORGET_AFTER_MS,
  parseEndings,
  patienceMs,
  withEnding,
} from "./connection/restarts.js";
import type { End } from "./session.js";

interface SessionParts {
  readonly log: Pick<Log, "warn" | "error">;
  readonly store: Pick<FileStore, "read" | "write">;
  /** Runs one session to its end; `isFirst` is true for the first one of this process. */
  readonly runSession: (trigger: Trigger, isFirst: boolean) => Promise<End>;
  /** Whether the nucleus accepts connections now. */
  readonly isListening: () => Promise<boolean>;
  /** Resolves after the given time, or at once with "stopped" when the process is asked to exit. */
  readonly sleep: (milliseconds: number) => Promise<"over" | "stopped">;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** Milliseconds since this process started, on a monotonic clock. */
  readonly uptimeMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** After a session at least this long, the back-off starts over. */
const GOOD_SESSION_MS = 60_000;
const BACKOFF = { firstMs: 1_000, lastMs: 300_000 };
const PROBE_MS = 500;
const FILE = WORK_FILES.restarts;

/**
 * Runs sessions, one after the other, until the process should exit; resolves to its exit code: the session's own, or 1 where a
 * restart may help against a lost connection. When a restart has just failed to help, it keeps reconnecting until the nucleus
 * has forgotten that restart (restarts.ts). It also waits while the nucleus is stopped: under nucleus lite every start without
 * the IPC daemon fails, and after three of them systemd gives up.
 */
export async function runSessions(parts: SessionParts): Promise<number> {
  const { log, uptimeMs } = parts;
  const restarts = restartMemory(parts);
  let trigger: Trigger = "START";
  for (let failures = 1; ; failures++) {
    const from = uptimeMs();
    const end = await parts.runSession(trigger, trigger === "START");
    if (typeof end === "number") return end;
    const { loss, message } = end;
    if (loss === "DROPPED" && (await untilListening(parts, message)) === "stopped") return 0;
    const patience = restarts.patienceMs(loss);
    if (patience === 0) {
      log.error("nucleus.lost", { loss, message, reaction: "ending with 1, to be restarted with a new token" });
      return 1;
    }
    if (uptimeMs() - from > GOOD_SESSION_MS) failures = 1;
    const retryInMs = Math.min(backoffMs(failures, BACKOFF, parts.random), patience);
    const reaction = "a restart has not helped, trying to connect again";
    log.error("nucleus.waiting", { loss, message, reaction, retryInMs, restartInMs: patience });
    if ((await parts.sleep(retryInMs)) === "stopped") return 0;
    trigger = "RECONNECT";
  }
}

/** Resolves when the nucleus accepts connections, or when the process is asked to exit. */
async function untilListening({ isListening, log, sleep }: SessionParts, message: string): Promise<"over" | "stopped"> {
  for (let probes = 1; !(await isListening()); probes++) {
    const reaction = "the nucleus has stopped, waiting until it is back";
    if (probes === 1) log.error("nucleus.waiting", { loss: "DROPPED", message, reaction, retryInMs: PROBE_MS });
    if ((await sleep(PROBE_MS)) === "stopped") return "stopped";
  }
  return "over";
}

/** Remembers this process's restarts in the work folder. */
function restartMemory({ store, log, nowMs, uptimeMs }: SessionParts) {
  const stored = parseEndings(readOrNull(store));
  let endings = clampToNow(stored, nowMs());
  if (endings !== stored) write(store, endings);

  return {
    /** How long to wait before exiting for this loss, in ms. 0: the restart is recorded, and the process must exit now. */
    patienceMs(loss: Loss): number {
      endings = clampToNow(endings, nowMs());
      const patience = patienceMs(endings, loss, nowMs());
      if (patience > 0) return patience;
      const ending: Ending = { at: new Date(nowMs()).toISOString(), cause: loss };
      const problem = write(store, withEnding(endings, ending));
      if (problem === null) return 0;
      log.warn("restart.not-kept", { message: problem });
      // The next process would not know of this restart, so exit only once this process has run for long enough that the nucleus
      // has forgotten the last one.
      return Math.max(0, FORGET_AFTER_MS - uptimeMs());
    },
  };
}

function readOrNull(store: Pick<FileStore, "read">): string | null {
  try {
    return store.read(FILE);
  } catch {
    return null;
  }
}

/** Writes the endings; returns null, or why they could not be written. */
function write(store: Pick<FileStore, "write">, endings: readonly Ending[]): string | null {
  try {
    store.write(FILE, JSON.stringify(endings));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
