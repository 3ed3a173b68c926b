import type { Arrival, ReceivedMessage } from "../arrival.js";

/** Messages for another thread, in one buffer, which is transferred instead of copied. */
export interface SentMessages {
  readonly topics: readonly string[];
  readonly receivedAt: readonly string[];
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Arrivals for another thread: their bytes in one buffer, in order. */
export interface SentArrivals {
  readonly arrivals: readonly Arrival[];
  readonly lengths: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function sendMessages(messages: readonly ReceivedMessage[]): SentMessages {
  return {
    topics: messages.map(({ topic }) => topic),
    receivedAt: messages.map(({ receivedAt }) => receivedAt),
    ...joined(messages.map(({ payload }) => payload)),
  };
}

export function receiveMessages({ topics, receivedAt, lengths, bytes }: SentMessages): readonly ReceivedMessage[] {
  const payloads = split(lengths, bytes);
  return topics.map((topic, at) => ({ topic, receivedAt: receivedAt[at] ?? "", payload: payloads[at] ?? NOTHING }));
}

export function sendArrivals(arrivals: readonly Arrival[]): SentArrivals {
  return { arrivals: arrivals.map((arrival) => withBytes(arrival, NOTHING)), ...joined(arrivals.map(bytesIn)) };
}

export function receiveArrivals({ arrivals, lengths, bytes }: SentArrivals): readonly Arrival[] {
  const all = split(lengths, bytes);
  return arrivals.map((arrival, at) => withBytes(arrival, all[at] ?? NOTHING));
}

const NOTHING = new Uint8Array();

function bytesIn(arrival: Arrival): Uint8Array {
  if (arrival.kind === "report" || arrival.kind === "facts") return arrival.packed.body;
  return arrival.kind === "refused" ? arrival.sample : NOTHING;
}

function withBytes(arrival: Arrival, bytes: Uint8Array): Arrival {
  if (arrival.kind === "refused") return { ...arrival, sample: bytes };
  if (arrival.kind !== "report" && arrival.kind !== "facts") return arrival;
  return { ...arrival, packed: { dictionary: arrival.packed.dictionary, body: bytes } };
}

function joined(all: readonly Uint8Array[]): Pick<SentArrivals, "lengths" | "bytes"> {
  const lengths = all.map(({ byteLength }) => byteLength);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const each of all) {
    bytes.set(each, at);
    at += each.byteLength;
  }
  return { lengths, bytes };
}

function split(lengths: readonly number[], bytes: Uint8Array): readonly Uint8Array[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}
