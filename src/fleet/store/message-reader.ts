import type { Arrival, Message } from "../arrival.js";
import { readMessage } from "../ingest/read-message.js";
import { receiveArrivals, type SentArrivals, sendMessages } from "./arrival-transfer.js";
import { createPacking } from "./packing.js";
import { readingFor } from "./rules.js";
import type { FilledOptions } from "./store-options.js";
import { StoreThread } from "./store-thread.js";

/** Reads messages and packs what they say. */
export interface MessageReader {
  read(messages: readonly Message[]): Promise<readonly Arrival[]>;
  close(): Promise<void>;
}

/** Reads in a thread of its own, of which this is the file, or in this one. */
export async function messageReader(worker: URL | null, options: FilledOptions): Promise<MessageReader> {
  if (worker === null) {
    const reading = readingFor(options, createPacking());
    return {
      read: async (messages) => messages.map((message) => readMessage(message, reading)),
      close: async () => {},
    };
  }
  const thread = new StoreThread(worker, { role: "read", options, to: null });
  try {
    await thread.ready();
  } catch (error) {
    await thread.end();
    throw error;
  }
  let last = 0;
  return {
    async read(messages) {
      const sent = sendMessages(messages);
      last += 1;
      const reply = thread.expect<SentArrivals>(last);
      thread.post({ id: last, ...sent }, [sent.bytes.buffer]);
      return receiveArrivals(await reply);
    },
    close: () => thread.end(),
  };
}
