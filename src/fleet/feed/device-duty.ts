import { setImmediate } from "node:timers/promises";
import type { Later } from "../../base/clock.js";
import { ExpectedError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { type Outage, repeat } from "../alarms/repeat.js";
import type { Intake } from "../arrival.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { Database } from "../store/database.js";
import { RETIME } from "../store/intake-statements.js";
import type { Work } from "../store/peers.js";
import { type AcknowledgeDevices, LEFT_BEHIND_MS } from "./acknowledge-devices.js";
import type { AskFacts } from "./ask-facts.js";
import { timesClamp } from "./clamp-times.js";
import { sendRequests } from "./send-requests.js";
import type { Outgoing } from "./send-to-devices.js";

/** The dependencies of the duty. */
export interface DeviceDutyParts {
  readonly database: Database;
  readonly intake: Pick<Intake, "settle">;
  readonly acknowledgements: Pick<AcknowledgeDevices, "add" | "resume">;
  readonly facts: Pick<AskFacts, "resume">;
  readonly prefixes: TopicPrefixes;
  readonly log: Log;
  readonly later: Later;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** A monotonic clock, in ms. */
  readonly steadyMs: () => number;
  /** Called when there is something to send. */
  readonly wake: () => void;
  /** Called when a request's counts may have changed. */
  readonly onChanged: () => void;
}

/** The work of the duty while it is held. */
export interface DeviceDuty extends Work {
  /** The next request to a device; null when there is none now. */
  next(): Outgoing | null;
  /** Notes that a request was made. */
  requestMade(): void;
}

const SETTLE_MS = 30_000;
const RESUME_FACTS_MS = 3_600_000;

/**
 * The work that one receiver does for all: sends requests, settles where epochs begin, acknowledges what a receiver
 * that died left stored but unacknowledged, and requests facts again. `isMine` is checked before each step.
 */
export function deviceDuty(parts: DeviceDutyParts, isMine: () => boolean): DeviceDuty {
  const { acknowledgements, log, later, now } = parts;
  const requests = sendRequests(parts);
  const settle = settling(parts, isMine);
  const clampTimes = timesClamp(parts);
  let hasResumed = false;
  const loops = [
    repeat(SETTLE_MS, later, outage(log, "acknowledgements"), async () => {
      if (!isMine()) return;
      acknowledgements.add(await settle());
      await acknowledgements.resume(hasResumed ? new Date(now() - LEFT_BEHIND_MS).toISOString() : undefined);
      hasResumed = true;
      await clampTimes();
    }),
    repeat(RESUME_FACTS_MS, later, outage(log, "facts"), async () => {
      if (isMine()) await parts.facts.resume();
    }),
  ];
  return {
    next: () => (isMine() ? requests.next() : null),
    requestMade: () => requests.load(),
    async stop() {
      await Promise.all([...loops.map((loop) => loop.stop()), requests.stop()]);
    },
  };
}

/**
 * Settles by a monotonic clock that starts when the duty is taken: a wall clock that is set forward would acknowledge
 * reports that a device has yet to send. Epochs that an earlier process has timed by its own clock are timed again.
 */
function settling(
  { database, intake, now, steadyMs }: DeviceDutyParts,
  isMine: () => boolean,
): () => ReturnType<Intake["settle"]> {
  const [startedAtMs, startedMs] = [now(), steadyMs()];
  let isRetimed = false;
  return async () => {
    while (!isRetimed) {
      if (!isMine()) return [];
      const [retimed = []] = await database.write([{ sql: RETIME }]);
      isRetimed = retimed.length === 0;
      // Lets other work run in between, since a new fleet has as many epochs as devices.
      if (!isRetimed) await setImmediate();
    }
    return intake.settle(new Date(startedAtMs + steadyMs() - startedMs).toISOString());
  };
}

/** Retries errors of the store; anything else is a bug. */
function outage(log: Log, what: string): Outage {
  return {
    began(error) {
      if (!(error instanceof ExpectedError)) throw error;
      log.warn("store.not-read", { what, message: error.message });
    },
    ended: () => log.info("store.recovered"),
  };
}
