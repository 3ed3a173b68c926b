import { InvalidInputError, messageOf } from "../../base/errors.js";
import { isObject, type JsonObject, parseJson } from "../../base/json.js";
import { checkReport } from "../../report/parse-report.js";
import type { Report } from "../../report/report.js";
import type { Arrival, Packed, ReceivedMessage, RefusalReason, Refused } from "../arrival.js";
import { type FactsClass, factsClass } from "../state/facts-class.js";
import { readTopic, type TopicMeaning, type TopicPrefixes } from "./fleet-topics.js";
import { readReport } from "./read-report.js";
import type { ContentReading } from "./report-content.js";
import { storable } from "./storable.js";

/** The dependencies of reading messages. */
export interface MessageReaderParts {
  readonly prefixes: TopicPrefixes;
  /** SHA-256, base64url. */
  readonly digest: (text: string) => string;
  readonly pack: (text: string) => Packed;
  /** Whether a signature of a text is the thing's; null when no key of it is known. */
  readonly verify: (thing: string, text: string, signature: string) => boolean | null;
  readonly content: ContentReading;
}

/** The largest message that AWS IoT Core carries. */
const MOST_BYTES = 131_072;
const SAMPLE_BYTES = 1_024;
const MOST_WHY = 300;
/** Devices cut their answers to fit one message. */
const MOST_ANSWER = 16_384;

const DECODER = new TextDecoder();

class RefusedError extends InvalidInputError {
  constructor(
    readonly reason: RefusalReason,
    why: string,
  ) {
    super(why);
  }
}

/** Reads a message. Never throws: what cannot be accepted is refused with a reason. */
export function readMessage(message: ReceivedMessage, parts: MessageReaderParts): Arrival {
  try {
    return arrivalOf(message, parts);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const thing = readTopic(message.topic, parts.prefixes)?.thing ?? null;
    return refused(message, thing, error instanceof RefusedError ? error.reason : "not-a-report", messageOf(error));
  }
}

/** A message that is refused, with its beginning. */
function refused(
  { topic, payload, receivedAt }: ReceivedMessage,
  thing: string | null,
  reason: RefusalReason,
  why: string,
): Refused {
  return {
    kind: "refused",
    receivedAt,
    thing,
    topic: storable(topic, 256),
    reason,
    why: storable(why, MOST_WHY),
    sample: payload.slice(0, SAMPLE_BYTES),
  };
}

function arrivalOf(message: ReceivedMessage, parts: MessageReaderParts): Arrival {
  const { topic, payload, receivedAt } = message;
  const meaning = readTopic(topic, parts.prefixes);
  if (meaning === null) throw new RefusedError("topic", "its topic is not one of the fleet's");
  if (payload.byteLength > MOST_BYTES) throw new RefusedError("too-large", `it has more than ${MOST_BYTES} bytes`);
  const text = DECODER.decode(payload);
  switch (meaning.kind) {
    case "report":
    case "heartbeat":
      return ofReport(checkReport(parsed(text, JSON.parse)), text, receivedAt, meaning.thing, parts);
    case "facts":
      return ofFacts(parsed(text, parseJson), receivedAt, meaning.thing, parts);
    case "status":
      return ofStatus(parsed(text, parseJson), receivedAt, meaning.thing);
    case "answer":
      return ofAnswer(parsed(text, parseJson), receivedAt, meaning);
  }
}

function ofReport(report: Report, text: string, receivedAt: string, thing: string, parts: MessageReaderParts): Arrival {
  if (report.thing !== thing)
    throw new RefusedError(
      "other-thing",
      `it is from thing "${report.thing}", but its topic is that of thing "${thing}"`,
    );
  if (report.kind === "COMPLETE" && report.part !== undefined) {
    const { epoch, sequence, part } = report;
    // Checked now, so that parts of an invalid report do not wait for each other.
    readReport(report, receivedAt, { ...parts, pack: () => NOTHING, verify: () => null }, "");
    return {
      kind: "part",
      receivedAt,
      thing,
      epoch,
      sequence,
      part: { index: part.index, of: part.of },
      text: storable(text, text.length),
    };
  }
  return readReport(report, receivedAt, parts, text);
}

const NOTHING: Packed = { dictionary: 0, body: new Uint8Array() };

function ofFacts(value: unknown, receivedAt: string, thing: string, { pack }: MessageReaderParts): Arrival {
  const named = isObject(value) ? value : {};
  if (named.thing !== thing) throw new RefusedError("other-thing", notFrom(thing));
  const { digest, text } = classOf(named.facts);
  return { kind: "facts", receivedAt, thing, digest, packed: pack(storable(text, MOST_BYTES)) };
}

function classOf(facts: unknown): FactsClass {
  try {
    return factsClass(JSON.stringify(facts ?? null));
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new RefusedError("not-facts", error.message);
  }
}

function ofStatus(value: unknown, receivedAt: string, thing: string): Arrival {
  if (!isObject(value) || value.schema !== "packdrift.status/1" || typeof value.online !== "boolean") {
    throw new RefusedError("not-a-status", 'needs schema "packdrift.status/1" and online: true or false');
  }
  if (value.thing !== thing) throw new RefusedError("other-thing", notFrom(thing));
  return { kind: "status", receivedAt, thing, online: value.online };
}

const notFrom = (thing: string) => `its topic is that of thing "${thing}", which it does not name as its own`;

const STATUSES = ["DONE", "FAILED", "REFUSED"] as const;

function ofAnswer(
  value: unknown,
  receivedAt: string,
  { thing, command }: Extract<TopicMeaning, { kind: "answer" }>,
): Arrival {
  const answer: JsonObject = isObject(value) ? value : {};
  const status = STATUSES.find((each) => each === answer.status);
  const { id } = answer;
  if (answer.schema !== "packdrift.response/1" || status === undefined || typeof id !== "string" || id.length > 64) {
    throw new RefusedError("not-an-answer", 'needs schema "packdrift.response/1", id and status');
  }
  if (answer.thing !== thing) throw new RefusedError("other-thing", notFrom(thing));
  const whole = JSON.stringify({ why: answer.why, result: answer.result });
  const isLong = whole.length > MOST_ANSWER;
  const text = storable(isLong ? JSON.stringify({ why: "the result is too long to be stored" }) : whole, MOST_ANSWER);
  return { kind: "answer", receivedAt, thing, command, id: storable(id, 64), status, text };
}

/** `checkReport` checks the value's shape by itself, so it is not done twice. */
function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new RefusedError("not-json", error instanceof SyntaxError ? "it is not valid JSON" : messageOf(error));
  }
}
