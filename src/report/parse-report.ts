import { InvalidInputError } from "../base/errors.js";
import { checkShape, isObject, JsonShapeError } from "../base/json.js";
import { bytesOf } from "./encode.js";
import type { Report } from "./report.js";

/** The largest message that AWS IoT Core carries. */
const MOST_MESSAGE_BYTES = 131_072;
const MOST_PARTS = 1_000;
const MOST_GAPS = 100;

/**
 * Parses a report, or a part of one, from any source. Checks what receivers act on: schema, id, epoch and sequence,
 * time, part, gaps, seal and signature; the rest follows the JSON Schema if packdrift sent it. Throws InvalidInputError
 * on anything else, on more than `mostBytes`, on JSON deeper than 32 levels and on keys that would reach an object's
 * prototype.
 */
export function parseReport(message: string | Uint8Array, mostBytes = MOST_MESSAGE_BYTES): Report {
  if (isLonger(message, mostBytes)) refuse(`it has more than ${mostBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(typeof message === "string" ? message : new TextDecoder().decode(message));
  } catch {
    refuse("it is not valid JSON");
  }
  return checkReport(value);
}

/** The same for a value that is parsed already. */
export function checkReport(value: unknown): Report {
  try {
    checkShape(value);
  } catch (error) {
    refuse(error instanceof JsonShapeError ? error.message : String(error));
  }
  if (!isObject(value) || value.schema !== "packdrift.report/1") refuse('its schema is not "packdrift.report/1"');
  const { id, thing, epoch, sequence, kind, checkedAt, gaps = [], findings } = value;
  if (!isText(thing, 128) || !isText(epoch, 60)) refuse("thing and epoch must be short strings");
  if (!isCount(sequence)) refuse("sequence must be a whole number from 1");
  if (id !== `${epoch}.${sequence}`) refuse("id must be epoch.sequence");
  if (kind !== "COMPLETE" && kind !== "HEARTBEAT") refuse("kind must be COMPLETE or HEARTBEAT");
  if (!isText(checkedAt, 40) || Number.isNaN(Date.parse(checkedAt))) refuse("checkedAt must be an instant");
  if (!Array.isArray(findings)) refuse("findings must be a list");
  if (!Array.isArray(gaps) || gaps.length > MOST_GAPS || !gaps.every(isGap)) refuse("gaps must be ranges of sequences");
  const { previous = "-", signature = "-", part } = value;
  if (!isText(previous, 200) || !isText(signature, 200)) refuse("previous and signature must be short strings");
  if (part !== undefined && !isPart(part)) refuse(`part must be one of at most ${MOST_PARTS}`);
  // The other members are only shown, escaped, or are checked by those who read them.
  return value as unknown as Report;
}

function isPart(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { index, of } = value;
  return isCount(index) && isCount(of) && index <= of && of <= MOST_PARTS;
}

function isLonger(message: string | Uint8Array, mostBytes: number): boolean {
  const { length } = message;
  // A character takes one to three bytes, so most texts need not be counted.
  return length > mostBytes || (typeof message === "string" && 3 * length > mostBytes && bytesOf(message) > mostBytes);
}

/** Whether it is a range of sequences with a count from 1 to the length of the range. */
function isGap(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { fromSequence, toSequence, count, epoch } = value;
  if (!isCount(fromSequence) || !isCount(toSequence) || !isCount(count)) return false;
  return count <= toSequence - fromSequence + 1 && (epoch === undefined || isText(epoch, 60));
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= most;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

function refuse(why: string): never {
  throw new InvalidInputError(`Cannot read a report: ${why}`);
}
