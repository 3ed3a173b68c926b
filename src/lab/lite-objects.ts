import { jsonSize } from "../base/json-size.js";

// The SDK's types for an object and for a pair of key and value, on a 64-bit processor.
const OBJECT_BYTES = 11;
const PAIR_BYTES = 8 + 2 + OBJECT_BYTES;
/** GG_MAX_OBJECT_SUBOBJECTS. */
const MOST_SUBOBJECTS = 255;
/** PAYLOAD_VALUE_MAX_SUBOBJECTS of the core bus: what one request of a daemon to another may hold. */
const MOST_BUS_OBJECTS = 200;

/** Whether nucleus lite can write an object as JSON: a pair counts twice, an item of a list once. */
export function isSent(value: unknown): boolean {
  const { pairs, items } = jsonSize(value);
  return 2 * pairs + items <= MOST_SUBOBJECTS;
}

/** Whether nucleus lite has memory to parse a request of a component. */
export function isParsed(value: unknown): boolean {
  return bytesOf(value) <= MOST_SUBOBJECTS * OBJECT_BYTES;
}

/** Whether one write can carry a value to a component's configuration: `services`, its name and `configuration` go along. */
export function isWritten(value: unknown, timestamped: boolean): boolean {
  const request = { key_path: ["services", "", "configuration"], value, ...(timestamped ? { timestamp: 0 } : {}) };
  return bytesOf(request) <= MOST_BUS_OBJECTS * OBJECT_BYTES;
}

function bytesOf(value: unknown): number {
  const { pairs, items } = jsonSize(value);
  return pairs * PAIR_BYTES + items * OBJECT_BYTES;
}
