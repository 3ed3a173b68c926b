import type { Later } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { WORK_FILES } from "../../base/work-files.js";
import type { Settings } from "../../config/settings.js";
import type { FileStore } from "../../platform/file-store.js";
import type { Cloud } from "../cloud.js";
import { minuteCounts } from "../minute-counts.js";
import { timerSet } from "../timers.js";
import type { TrySend } from "../try-send.js";
import { type RequestWork, requestActions } from "./actions.js";
import { paced } from "./paced.js";
import { MOST_SPREAD_SECONDS, type ReceivedRequest, readRequest } from "./request.js";
import { MOST_REMEMBERED, type OpenRequest, requestMemory } from "./request-memory.js";
import { answerSender, type Refusal } from "./send-answer.js";

/** The dependencies of answering requests. */
interface RequestParts {
  readonly thing: string;
  readonly log: Log;
  readonly store: Pick<FileStore, "read" | "write">;
  readonly cloud: Pick<Cloud, "publish">;
  readonly work: RequestWork;
  readonly settings: () => Settings | null;
  readonly trySend: TrySend;
  readonly later: Later;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

export interface Requests {
  /** Handles a message on a request topic. */
  receive(topic: string, payload: string, prefix: string): void;
  /** Continues requests that earlier sessions left open. */
  resume(prefix: string): void;
  stop(): void;
}

const FILE = WORK_FILES.requests;
const WORK_GAP_MS = 3_000;
/** Far more than a person or a fleet tool sends. */
const MOST_A_MINUTE = 30;
const FULL = `${MOST_REMEMBERED} requests are open already: send it again when some are answered`;
const OVER_LIMIT = `more than ${MOST_A_MINUTE} requests within a minute: further ones are dropped without an answer until it is over`;

/** Counted within each minute: requests, and refusals by cause. */
type Counted = "requests" | Cause;
type Cause = "malformed" | "overLimit" | "full";

/**
 * Performs requests and answers each once, even across restarts. A request stays open until its answer is sent, for a day at
 * most; a request cut short by the end of a session is performed again by the next one. Requests are limited per minute. Per
 * cause and minute, the first refusal is answered and logged, and the others are counted.
 */
export function answerRequests(parts: RequestParts): Requests {
  const { thing, log, nowMs } = parts;
  const timers = timerSet(parts.later);
  const answers = answerSender({ ...parts, timers });
  const memory = rememberIn(parts.store);
  const perform = requestActions(pacedWork(parts.work, timers.after), thing, parts.settings);
  const minute = minuteCounts<Counted>(timers.after, (counts) => reportDropped(counts, log));
  let stopped = false;

  function receive(topic: string, payload: string, prefix: string): void {
    const received = readRequest(topic, payload, { prefix, thing, random: parts.random });
    if (received.kind === "ignored") log.debug("request.ignored", { topic, why: received.why });
    else if (received.kind === "refused") refuse("malformed", received, prefix);
    else if (minute.count("requests") > MOST_A_MINUTE) refuse("overLimit", { ...received, why: OVER_LIMIT }, prefix);
    else accept(received, prefix);
  }

  function refuse(cause: Cause, refusal: Refusal & { readonly isBroadcast?: boolean }, prefix: string): void {
    if (minute.count(cause) > 1) return;
    const { command, id, why, isBroadcast = false } = refusal;
    log.warn("request.refused", { command, id, why });
    // Never answer a refused broadcast: every device would.
    if (!isBroadcast) answers.refuse(refusal, prefix);
  }

  function accept(received: Extract<ReceivedRequest, { kind: "request" }>, prefix: string): void {
    const { command, id, delayMs, isBroadcast } = received;
    const request = { command, id, dueAt: nowMs() + delayMs, ...(isBroadcast ? { isBroadcast } : {}) };
    const accepted = memory.accept(request);
    if (accepted === "repeated") {
      log.info("request.repeated", { command, id });
    } else if (accepted === "full") {
      refuse("full", { command, id, why: FULL, isBroadcast }, prefix);
    } else {
      log.info("request.taken", { command, id, delayMs });
      performWhenDue(request, prefix);
    }
  }

  function performWhenDue(request: OpenRequest, prefix: string): void {
    const delayMs = Math.min(MOST_SPREAD_SECONDS * 1_000, Math.max(0, request.dueAt - nowMs()));
    timers.after(delayMs, () => void performNow(request, prefix));
  }

  async function performNow(request: OpenRequest, prefix: string): Promise<void> {
    const outcome = await perform(request.command);
    // A check cut short by the end of the session has no result: the next session performs it again.
    if (stopped) return;
    await answers.send(request, outcome, prefix);
    memory.done(request);
  }

  return {
    receive,
    resume(prefix) {
      const { again, givenUp } = memory.leftOver(nowMs());
      for (const { command, id } of givenUp) log.warn("request.given-up", { command, id });
      for (const request of again) {
        log.info("request.left-over", { command: request.command, id: request.id });
        performWhenDue(request, prefix);
      }
    },
    stop() {
      stopped = true;
      minute.end();
      timers.cancelAll();
      memory.end();
    },
  };
}

/** Each check, each reading of facts and each visit of the doctor starts a process, so run one at a time and limit how often. */
function pacedWork(work: RequestWork, after: Later): RequestWork {
  return {
    check: paced(work.check, WORK_GAP_MS, after),
    facts: paced(work.facts, WORK_GAP_MS, after),
    flush: work.flush,
    doctor: paced(work.doctor, WORK_GAP_MS, after),
  };
}

/** Logs how many refusals per cause were neither answered nor logged. */
function reportDropped(counts: ReadonlyMap<Counted, number>, log: Log): void {
  const dropped = [...counts].filter(([what, count]) => what !== "requests" && count > 1);
  if (dropped.length > 0)
    log.warn("requests.dropped", Object.fromEntries(dropped.map(([what, count]) => [what, count - 1])));
}

/** When the work folder cannot be used, requests are remembered in memory only; the outbox reports the problem. */
function rememberIn(store: RequestParts["store"]) {
  const orNull = <T>(action: () => T): T | null => {
    try {
      return action();
    } catch {
      return null;
    }
  };
  return requestMemory(
    orNull(() => store.read(FILE)),
    (text) => void orNull(() => store.write(FILE, text)),
  );
}
