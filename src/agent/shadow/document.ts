import { isObject, type JsonObject } from "../../base/json.js";

/** The desired settings of this device. A value that is an object becomes its JSON text, which no setting accepts. */
export type Desired = Readonly<Record<string, string | number | boolean>>;

const MOST_TEXT_CHARACTERS = 200;

/** The object under a key, or null. */
export function memberIn(document: JsonObject | null, key: string): JsonObject | null {
  const found = document?.[key];
  return isObject(found) ? found : null;
}

export function numberIn(document: JsonObject | null, key: string): number | null {
  const found = document?.[key];
  return typeof found === "number" ? found : null;
}

/** The desired values in a section of a document; null values are left out. */
export function desiredIn(section: JsonObject | null): Desired {
  const desired: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(section ?? {})) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") desired[key] = value;
    else if (value !== null) desired[key] = JSON.stringify(value).slice(0, MOST_TEXT_CHARACTERS);
  }
  return desired;
}
