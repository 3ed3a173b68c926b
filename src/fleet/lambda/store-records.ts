import { chunksOf } from "../../base/chunks.js";
import { ExpectedError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { Ingested, ReceivedMessage } from "../arrival.js";
import type { QueueRecord } from "./queue-event.js";

/** The dependencies of storing records. */
interface StoringParts {
  /** Resolves when all of them are stored; throws ExpectedError if the store cannot take any now. */
  readonly ingest: (messages: readonly ReceivedMessage[]) => Promise<Ingested>;
  readonly hasTime: () => boolean;
  readonly log: Pick<Log, "error">;
}

/** The result of storing records. */
interface StoredRecords {
  /** The counts of each transaction. */
  readonly stored: readonly Ingested[];
  /** The ids of the records that were not stored: the queue delivers them again. */
  readonly failed: readonly string[];
  /** Why the store could not take more; null if it could. */
  readonly trouble: ExpectedError | null;
}

const MOST_IN_A_TRANSACTION = 500;

/**
 * Stores records in order. If the store fails, the records that were not committed are delivered again, the others are
 * not. After a bug, the records of that transaction are stored one by one, so that only the one at fault goes to the
 * dead-letter queue.
 */
export async function storeRecords(records: readonly QueueRecord[], parts: StoringParts): Promise<StoredRecords> {
  const stored: Ingested[] = [];
  const failed: string[] = [];
  let waiting = chunksOf(records, MOST_IN_A_TRANSACTION);
  while (waiting.length > 0) {
    const [next = [], ...others] = waiting;
    waiting = others;
    const outcome = parts.hasTime()
      ? await storeOnce(next, parts)
      : new OutOfTimeError("the time of this call is over");
    if (outcome instanceof ExpectedError)
      return { stored, failed: [...failed, ...idsOf(next), ...others.flatMap(idsOf)], trouble: outcome };
    if ("counts" in outcome) stored.push(outcome);
    else if (next.length > 1) waiting = [...next.map((record) => [record]), ...others];
    else failed.push(...idsOf(next));
  }
  return { stored, failed, trouble: null };
}

class OutOfTimeError extends ExpectedError {}

interface Fault {
  readonly fault: unknown;
}

async function storeOnce(
  records: readonly QueueRecord[],
  { ingest, log }: StoringParts,
): Promise<Ingested | ExpectedError | Fault> {
  try {
    return await ingest(records.map(({ message }) => message));
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    if (records.length === 1) {
      const stack = error instanceof Error ? error.stack : messageOf(error);
      log.error("message.failed", { topic: records[0]?.message.topic.slice(0, 200), stack });
    }
    return { fault: error };
  }
}

function idsOf(records: readonly QueueRecord[]): readonly string[] {
  return records.map(({ id }) => id);
}
