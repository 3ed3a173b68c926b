import { ExpectedError } from "../../base/errors.js";
import { type Ingested, NO_COUNTS } from "../arrival.js";
import { ANNOUNCE } from "../store/postgres-session.js";
import { type NotifyParts, notifyDevices } from "./notify-devices.js";
import { readQueueEvent } from "./queue-event.js";
import { storeRecords } from "./store-records.js";

/** What Lambda reads from a function that reports failures of single records. */
export interface BatchReply {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Stores a batch of the queue, then acknowledges to devices what is stored. Throws if the store takes nothing, so that
 * Lambda sends less for a while; otherwise names the records that were not stored.
 */
export async function receiveQueue(event: unknown, parts: NotifyParts): Promise<BatchReply> {
  const { store, log, hasTime } = parts;
  const records = readQueueEvent(event, parts.now());
  const { stored, failed, trouble } = await storeRecords(records, { ingest: store.ingest, log, hasTime });
  if (trouble !== null) log.error("store.failed", { message: trouble.message, records: failed.length });
  if (trouble !== null && stored.length === 0) throw trouble;
  const notified = await notifyDevices(parts, ({ acknowledgements, facts }) => {
    acknowledgements.add(stored.flatMap((each) => each.acknowledge));
    facts.add(stored.flatMap((each) => each.askFacts));
  });
  log.info("queue.stored", { records: records.length, ...countsOf(stored), failed: failed.length, ...notified });
  if (stored.length > 0) await announce(parts);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Makes open pages follow at once; without it they follow within seconds. */
async function announce({ store, log }: NotifyParts): Promise<void> {
  try {
    await store.all(ANNOUNCE, ["changed"]);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    log.debug("pages.not-told", { message: error.message });
  }
}

function countsOf(stored: readonly Ingested[]): Ingested["counts"] {
  const sum: Record<keyof Ingested["counts"], number> = { ...NO_COUNTS };
  for (const { counts } of stored)
    for (const name of Object.keys(sum) as (keyof Ingested["counts"])[]) sum[name] += counts[name];
  return sum;
}
