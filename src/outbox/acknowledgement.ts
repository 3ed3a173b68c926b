import { InvalidInputError } from "../base/errors.js";
import { isObject, type JsonObject, parseJson } from "../base/json.js";

/** Says that the cloud has stored every report up to a sequence, of the given epoch or, without one, of the current epoch. */
export interface Acknowledgement {
  readonly sequence: number;
  readonly epoch: string | null;
}

const MOST_LENGTH = 2_048;

/**
 * Parses a message from `cmd/packdrift/v1/{thing}/ack/req`: `{"sequence": 12}` or `{"sequence": 12, "epoch": "…"}`. `before` may
 * list the same for earlier epochs. Other keys are ignored, since an IoT rule may add its own. Throws InvalidInputError.
 */
export function parseAcknowledgements(payload: string): readonly Acknowledgement[] {
  if (payload.length > MOST_LENGTH) refuse(`it has ${payload.length} characters, more than ${MOST_LENGTH}`);
  const whole = parseObject(payload);
  const { before = [] } = whole;
  if (!Array.isArray(before)) return refuse("before must be a list");
  return [whole, ...before.map(objectOf)].map(acknowledgement);
}

function acknowledgement({ sequence, epoch = null }: Readonly<Record<string, unknown>>): Acknowledgement {
  if (typeof sequence !== "number" || !Number.isSafeInteger(sequence) || sequence < 0)
    return refuse("sequence must be a whole number from 0");
  if (epoch !== null && typeof epoch !== "string") return refuse("epoch must be a string");
  return { sequence, epoch };
}

function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return refuse("it is not valid JSON");
  }
  return objectOf(value);
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : refuse("it must be an object");
}

function refuse(why: string): never {
  throw new InvalidInputError(`Cannot read an acknowledgement: ${why}`);
}
