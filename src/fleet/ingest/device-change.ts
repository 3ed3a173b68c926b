import type { JsonObject } from "../../base/json.js";
import type { ChangeDelta } from "../state/views.js";

/** What differs between two states of a device, or null. `before` null: it was not known, so nothing is a change. */
export function deviceDelta(before: JsonObject | null, after: JsonObject): ChangeDelta | null {
  if (before === null) return null;
  const keys = Object.keys(after);
  const pairs = keys.map((key) => [key, textOf(before[key]), textOf(after[key])] as const);
  return deltaOf(pairs);
}

/** The delta of these members, null where all are the same. */
export function deltaOf(pairs: readonly (readonly [string, string | null, string | null])[]): ChangeDelta | null {
  const changed = pairs.filter(([, before, after]) => before !== after);
  return changed.length === 0
    ? null
    : Object.fromEntries(changed.map(([key, before, after]) => [key, [before, after]]));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? value.join(", ") : String(value);
}
