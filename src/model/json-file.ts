import { messageOf } from "../base/errors.js";
import { isObject, type JsonObject, parseJson } from "../base/json.js";
import { printable } from "../base/text.js";
import type { FileSlices } from "./file-slices.js";

const MOST_JSON_BYTES = 2 * 1024 * 1024;
const LONGEST_MESSAGE = 200;

/** Reads the object in a JSON file of a model, or says why it cannot. */
export function readJsonObject(slices: FileSlices): { readonly object: JsonObject } | { readonly problem: string } {
  if (slices.sizeBytes > MOST_JSON_BYTES) {
    return { problem: `it has ${slices.sizeBytes} bytes, at most ${MOST_JSON_BYTES} are read of a JSON file` };
  }
  const bytes = slices.read(0, slices.sizeBytes);
  if (bytes === null) return { problem: slices.problem() ?? "it cannot be read" };
  try {
    const object = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(object) ? { object } : { problem: "it is not a JSON object" };
  } catch (error) {
    // The message quotes the file.
    return { problem: `it is not valid JSON: ${printable(messageOf(error)).slice(0, LONGEST_MESSAGE)}` };
  }
}

/** A member that is an object; an empty one if it is not. */
export function memberObject(object: JsonObject, key: string): JsonObject {
  const member = Object.hasOwn(object, key) ? object[key] : null;
  return isObject(member) ? member : {};
}

/** A member that is a list; an empty one if it is not. */
export function memberList(object: JsonObject, key: string): readonly unknown[] {
  const member: unknown = Object.hasOwn(object, key) ? object[key] : null;
  return Array.isArray(member) ? member : [];
}
