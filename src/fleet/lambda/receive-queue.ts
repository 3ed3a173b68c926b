import type { Log } from "../../base/log.js";
import type { Ingested, Intake } from "../arrival.js";
import { acknowledgeDevices } from "../feed/acknowledge-devices.js";
import { askFacts } from "../feed/ask-facts.js";
import type { Lane } from "../feed/send-to-devices.js";
import type { TopicPrefixes } from "../ingest/fleet-topics.js";
import type { Database } from "../store/database.js";
import { readQueueEvent } from "./queue-event.js";
import type { ReopenedStore } from "./reopened-store.js";
import { sendLane } from "./send-lane.js";
import { storeRecords } from "./store-records.js";

/** What the function works with. */
export interface QueueParts {
  readonly store: ReopenedStore;
  readonly publish: (topic: string, payload: string) => Promise<void>;
  readonly prefixes: TopicPrefixes;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Whether there is time to begin something. */
  readonly hasTime: () => boolean;
}

/** What Lambda reads of a function that reports failures of single records. */
export interface BatchReply {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Stores a batch of the queue, then tells devices what is stored. Throws when the store takes nothing, so that Lambda sends less for
 * a while; otherwise names the records that were not stored.
 */
export async function receiveQueue(event: unknown, parts: QueueParts): Promise<BatchReply> {
  const { store, log, hasTime } = parts;
  const records = readQueueEvent(event, parts.now());
  const ingest = (messages: Parameters<Intake["ingest"]>[0]) => store.use((opened) => opened.ingest(messages));
  const { stored, failed, trouble } = await storeRecords(records, { ingest, log, hasTime });
  if (trouble !== null) log.error("store.failed", { message: trouble.message, records: failed.length });
  if (trouble !== null && stored.length === 0) throw trouble;
  const acknowledge = stored.flatMap((each) => each.acknowledge);
  const things = stored.flatMap((each) => each.askFacts);
  const told = await tellDevices(parts, (lanes) => {
    lanes.acknowledgements.add(acknowledge);
    lanes.facts.add(things);
  });
  log.info("queue.stored", { records: records.length, ...countsOf(stored), failed: failed.length, ...told });
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** What else a receiver does: settles epochs, and sends what earlier calls could not. To be called once a minute. */
export async function keepUp(parts: QueueParts): Promise<void> {
  const { store, log, now, hasTime } = parts;
  const settled = await store.use((opened) => opened.settle(new Date(now()).toISOString()));
  const sum = { acknowledged: 0, asked: 0, unsent: 0 };
  for (let more = true; more && hasTime(); ) {
    const told = await tellDevices(parts, async ({ acknowledgements, facts }) => {
      await acknowledgements.resume();
      await facts.resume();
    });
    for (const name of ["acknowledged", "asked", "unsent"] as const) sum[name] += told[name];
    more = told.acknowledged > 0 && told.unsent === 0;
  }
  log.info("upkeep.done", { settled: settled.length, ...sum });
}

interface Lanes {
  readonly acknowledgements: ReturnType<typeof acknowledgeDevices>;
  readonly facts: ReturnType<typeof askFacts>;
}

/** How many messages were sent to devices, and how many could not be. */
interface Told {
  readonly acknowledged: number;
  readonly asked: number;
  readonly unsent: number;
}

/** Sends what `fill` gives the lanes, and notes it in the store. Never throws for want of the store or the broker: both are tried again. */
async function tellDevices(parts: QueueParts, fill: (lanes: Lanes) => void | Promise<void>): Promise<Told> {
  const { store, prefixes, log, now, newId } = parts;
  const intake: Pick<Intake, "acknowledged" | "toAcknowledge"> = {
    acknowledged: (sent) => store.use((opened) => opened.acknowledged(sent)),
    toAcknowledge: (most) => store.use((opened) => opened.toAcknowledge(most)),
  };
  const database: Database = {
    all: (sql, parameters) => store.use((opened) => opened.all(sql, parameters)),
    write: (statements) => store.use((opened) => opened.write(statements)),
    close: async () => {},
  };
  const shared = { prefixes, log, now, newId, later: NEVER, wake: () => {} };
  const lanes: Lanes = {
    acknowledgements: acknowledgeDevices({ ...shared, intake }),
    facts: askFacts({ ...shared, database, perSecond: 0 }),
  };
  await fill(lanes);
  const acknowledged = await sendAll(lanes.acknowledgements, parts);
  const asked = await sendAll(lanes.facts, parts);
  await lanes.acknowledgements.stop();
  await lanes.facts.stop();
  return { acknowledged: acknowledged.sent, asked: asked.sent, unsent: acknowledged.failed + asked.failed };
}

/** What is noted is noted when a lane stops: no timer runs while the function is frozen. */
const NEVER = () => () => {};

async function sendAll(lane: Lane, { publish, hasTime, log }: QueueParts) {
  const sending = await sendLane(lane, publish, hasTime);
  if (sending.why !== null) log.warn("send.failed", { messages: sending.failed, message: sending.why });
  return sending;
}

function countsOf(stored: readonly Ingested[]): Ingested["counts"] {
  const sum: Record<keyof Ingested["counts"], number> = {
    reports: 0,
    heartbeats: 0,
    parts: 0,
    duplicates: 0,
    conflicts: 0,
    refused: 0,
  };
  for (const { counts } of stored)
    for (const name of Object.keys(sum) as (keyof Ingested["counts"])[]) sum[name] += counts[name];
  return sum;
}
