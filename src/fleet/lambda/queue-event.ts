import { InvalidInputError } from "../../base/errors.js";
import { isObject, jsonObjectIn } from "../../base/json.js";
import type { ReceivedMessage } from "../arrival.js";

/** A message of the queue, with the device's message in it. */
export interface QueueRecord {
  /** Reported to Lambda if the message was not stored. */
  readonly id: string;
  readonly message: ReceivedMessage;
}

/** A device's message, from a rule's result or from its error action. */
interface EnvelopedMessage {
  readonly topic: string;
  readonly base64: string;
  /** Unix milliseconds; null: unknown. */
  readonly at: number | null;
}

/**
 * The records of an event of Amazon SQS. Throws InvalidInputError for any other event. A record without a device's
 * message becomes a message on the queue's name, which is not one of the fleet's topics: the intake refuses and counts
 * it.
 */
export function readQueueEvent(event: unknown, nowMs: number): readonly QueueRecord[] {
  const records = isObject(event) ? event.Records : undefined;
  if (!Array.isArray(records)) throw new InvalidInputError("Cannot read the event: it is not one of Amazon SQS");
  return records.map((record: unknown) => readRecord(record, nowMs));
}

function readRecord(record: unknown, nowMs: number): QueueRecord {
  if (!isObject(record) || record.eventSource !== "aws:sqs" || typeof record.messageId !== "string")
    throw new InvalidInputError("Cannot read the event: a record is not one of Amazon SQS");
  const { messageId, body, eventSourceARN, attributes } = record;
  const text = typeof body === "string" ? body : "";
  const enclosed = envelopedMessageIn(text);
  const payload = enclosed === null ? null : bytesOf(enclosed.base64);
  const sentAt = Number(isObject(attributes) ? attributes.SentTimestamp : Number.NaN);
  return {
    id: messageId,
    message: {
      topic: enclosed?.topic ?? `sqs/${String(eventSourceARN).split(":").pop()}`,
      payload: payload ?? new TextEncoder().encode(text),
      receivedAt: timeOf([enclosed?.at ?? Number.NaN, sentAt, nowMs]),
    },
  };
}

/**
 * Reads what the rule selects (examples/aws), or the message of an error action: AWS IoT Developer Guide, "Error action
 * message format".
 */
function envelopedMessageIn(text: string): EnvelopedMessage | null {
  const { topic, body, at, base64OriginalPayload } = jsonObjectIn(text) ?? {};
  if (typeof topic !== "string") return null;
  if (typeof body === "string") return { topic, base64: body, at: typeof at === "number" ? at : null };
  return typeof base64OriginalPayload === "string" ? { topic, base64: base64OriginalPayload, at: null } : null;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Null when it is not base64. */
function bytesOf(base64: string): Uint8Array | null {
  return base64.length % 4 === 0 && BASE64.test(base64) ? new Uint8Array(Buffer.from(base64, "base64")) : null;
}

/** The first value that is a time after 1970 and before the year 10000. */
function timeOf(candidates: readonly number[]): string {
  const ms = candidates.find((each) => each > 0 && each < 253_402_300_800_000) ?? 0;
  return new Date(ms).toISOString();
}
