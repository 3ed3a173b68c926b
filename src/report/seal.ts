import type { Report } from "./report.js";

/**
 * The text whose SHA-256 seals a report: its JSON with all keys sorted by code units, without `signature`. It is the same after any
 * storage that preserves JSON values. Join a report in parts first.
 */
export function sealedText(report: Report): string {
  const { signature: _signature, ...rest } = report;
  return canonical(rest);
}

/** The text of `sealedText`, and that of each of its members: members with the same text have the same value. */
export function sealedMembers(report: Report): {
  readonly text: string;
  readonly members: ReadonlyMap<string, string>;
} {
  const members = new Map<string, string>();
  for (const key of Object.keys(report).sort()) {
    const value = report[key as keyof Report];
    if (key !== "signature" && value !== undefined) members.set(key, canonical(value));
  }
  const texts = [...members].map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return { text: `{${texts.join()}}`, members };
}

/** The text that is signed, from the seal in base64url. */
export function signedText(seal: string): string {
  return `packdrift.report/1 ${seal}`;
}

function canonical(value: unknown): string {
  const sorted = withSortedKeys(value);
  return sorted === undefined ? written(value) : JSON.stringify(sorted);
}

/**
 * The value with all keys sorted, so that a single JSON.stringify writes it, in two thirds of the time. Undefined if an
 * object cannot hold its keys in that order: numeric keys always come first, and `__proto__` does not become a member.
 */
function withSortedKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value ?? null;
  if (Array.isArray(value)) {
    const items = value.map(withSortedKeys);
    return items.includes(undefined) ? undefined : items;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const key of sortedKeys(object)) {
    if (key === "__proto__" || (key >= "0" && key < ":")) return undefined;
    if (object[key] === undefined) continue;
    const member = withSortedKeys(object[key]);
    if (member === undefined) return undefined;
    copy[key] = member;
  }
  return copy;
}

/** Sorts by insertion: the objects of reports have few keys, for which the engine's sort is slower. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  if (keys.length > MOST_INSERTED) return keys.sort();
  for (let next = 1; next < keys.length; next++) {
    const key = keys[next] as string;
    let at = next;
    for (; at > 0 && (keys[at - 1] as string) > key; at--) keys[at] = keys[at - 1] as string;
    keys[at] = key;
  }
  return keys;
}

const MOST_INSERTED = 32;

/** The canonical text, written member by member. */
function written(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  const object = value as Readonly<Record<string, unknown>>;
  let members = "";
  for (const key of sortedKeys(object)) {
    if (object[key] === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${written(object[key])}`;
  }
  return `{${members}}`;
}
