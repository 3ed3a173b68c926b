import type { Row } from "../store/database.js";
import { objectIn, textIn } from "./row-values.js";
import type { ChangeDelta } from "./views.js";

/** A change's delta as stored: pairs of texts, null where unknown. */
export function deltaIn(row: Row): ChangeDelta {
  const delta = objectIn(row, "delta") ?? {};
  return Object.fromEntries(
    Object.entries(delta).flatMap(([key, pair]) =>
      Array.isArray(pair) && pair.length === 2 ? [[key, [asText(pair[0]), asText(pair[1])] as const]] : [],
    ),
  );
}

/** The order of changes for pastDevice. */
export const LATEST_FIRST = "ORDER BY at DESC, sequence DESC";

/** A device as it was at a time in the past: as it is now, with all later changes undone, newest first. */
export function pastDevice(
  device: Readonly<Record<string, unknown>> | null,
  laterChanges: readonly Row[],
): Readonly<Record<string, unknown>> | null {
  if (device === null) return null;
  const then: Record<string, unknown> = { ...device };
  for (const change of laterChanges) {
    for (const [key, [before]] of Object.entries(deltaIn(change))) then[key] = before;
  }
  return then;
}

/** Groups rows by thing, keeping their order. */
export function byThing(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const thing = textIn(row, "thing");
    const group = groups.get(thing);
    if (group === undefined) groups.set(thing, [row]);
    else group.push(row);
  }
  return groups;
}

function asText(value: unknown): string | null {
  return typeof value === "string" ? value : value === null || value === undefined ? null : JSON.stringify(value);
}
