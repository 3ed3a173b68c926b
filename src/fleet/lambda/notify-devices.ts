import type { Log } from "../../base/log.js";
import { type AcknowledgeDevices, acknowledgeDevices } from "../feed/acknowledge-devices.js";
import { type AskFacts, askFacts } from "../feed/ask-facts.js";
import type { Lane } from "../feed/send-to-devices.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { ReopenedStore } from "./reopened-store.js";
import { type SentLane, sendLane } from "./send-lane.js";

/** The dependencies of notifying devices. */
export interface NotifyParts {
  readonly store: ReopenedStore;
  readonly publish: (topic: string, payload: string) => Promise<void>;
  readonly prefixes: TopicPrefixes;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Whether there is time to start another step. */
  readonly hasTime: () => boolean;
}

/** The queues of messages to devices. */
interface Lanes {
  readonly acknowledgements: AcknowledgeDevices;
  readonly facts: AskFacts;
}

/** How many messages were sent to devices, and how many could not be. */
interface NotifiedCounts {
  readonly acknowledged: number;
  readonly asked: number;
  readonly unsent: number;
}

/**
 * Sends what `fill` adds to the lanes, and records it in the store. An unreachable broker is not an error: the store
 * keeps what was not sent.
 */
export async function notifyDevices(
  parts: NotifyParts,
  fill: (lanes: Lanes) => void | Promise<void>,
): Promise<NotifiedCounts> {
  const { store, prefixes, log, now, newId } = parts;
  const shared = { prefixes, log, now, newId, later: NEVER, wake: () => {} };
  const lanes: Lanes = {
    acknowledgements: acknowledgeDevices({ ...shared, intake: store }),
    facts: askFacts({ ...shared, database: store, perSecond: 0 }),
  };
  await fill(lanes);
  const acknowledged = await sendAll(lanes.acknowledgements, parts);
  const asked = await sendAll(lanes.facts, parts);
  await lanes.acknowledgements.stop();
  await lanes.facts.stop();
  return { acknowledged: acknowledged.sent, asked: asked.sent, unsent: acknowledged.failed + asked.failed };
}

/** Sent messages are recorded when a lane stops: no timer runs while the function is frozen. */
const NEVER = () => () => {};

/** Sends a lane's messages, and logs failures. */
export async function sendAll(
  lane: Pick<Lane, "next">,
  { publish, hasTime, log }: Pick<NotifyParts, "publish" | "hasTime" | "log">,
): Promise<SentLane> {
  const sending = await sendLane(lane, publish, hasTime);
  if (sending.why !== null) log.warn("send.failed", { messages: sending.failed, message: sending.why });
  return sending;
}
