import type { Arrival, ReceivedMessage } from "../arrival.js";
import { readMessage } from "../ingest/read-message.js";
import { receiveArrivals, type SentArrivals, sendMessages } from "./arrival-transfer.js";
import { inRuns } from "./batch-order.js";
import { createPacking } from "./packing.js";
import { readingFor } from "./rules.js";
import type { StoreEvents } from "./store-events.js";
import type { FilledOptions } from "./store-options.js";
import { StoreThread } from "./store-thread.js";
import type { ReadRequest } from "./worker-protocol.js";

/** Reads messages and packs their texts. */
interface MessageReader {
  read(messages: readonly ReceivedMessage[]): Promise<readonly Arrival[]>;
  close(): Promise<void>;
}

/** How many threads read a batch: reading a report takes longer than writing it. */
export const READERS = 2;
/** The fewest messages that are worth another thread. */
export const SHORT_RUN = 32;

/** Reads in threads of its own, which run this file, or in this thread. */
export async function messageReader(
  worker: URL | null,
  options: FilledOptions,
  events: StoreEvents,
): Promise<MessageReader> {
  if (worker === null) {
    const reading = readingFor(options, createPacking(), events.onListing);
    return {
      read: async (messages) => messages.map((message) => readMessage(message, reading)),
      close: async () => {},
    };
  }
  const threads = Array.from(
    { length: READERS },
    () => new StoreThread(worker, { role: "read", options, to: null }, events),
  );
  const end = async () => {
    for (const thread of threads) await thread.end();
  };
  try {
    await Promise.all(threads.map((thread) => thread.ready()));
  } catch (error) {
    await end();
    throw error;
  }
  let last = 0;
  const readIn = async (thread: StoreThread, messages: readonly ReceivedMessage[]) => {
    const sent = sendMessages(messages);
    last += 1;
    const reply = thread.expect<SentArrivals>(last);
    const request: ReadRequest = { id: last, batch: last, part: 0, of: 1, ...sent };
    thread.post(request, [sent.bytes.buffer]);
    return receiveArrivals(await reply);
  };
  return {
    async read(messages) {
      const runs = inRuns(messages, READERS, SHORT_RUN);
      const read = runs.map((run, at) => readIn(threads[at] as StoreThread, run));
      return (await Promise.all(read)).flat();
    },
    close: end,
  };
}
