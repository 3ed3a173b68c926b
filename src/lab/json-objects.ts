import { isObject } from "../base/json.js";

/** Whether a value is a list of strings. */
export function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Whether two JSON values are equal; the order of keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return a === b;
}

/** Whether JSON data is nested deeper than `most` levels. */
export function isDeeperThan(most: number, value: unknown): boolean {
  if (most === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeperThan(most - 1, item));
  return isObject(value) && Object.values(value).some((item) => isDeeperThan(most - 1, item));
}

/** The number under a top-level key of a JSON object, as written, or null. */
export function topLevelNumber(text: string, key: string): string | null {
  const token = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g;
  let depth = 0;
  let atKey: unknown = null;
  let found: string | null = null;
  for (const [part] of text.matchAll(token)) {
    if (part === "{" || part === "[") depth++;
    else if (part === "}" || part === "]") depth--;
    else if (part === "," && depth === 1) atKey = null;
    else if (depth === 1 && part !== ":" && atKey === null) atKey = JSON.parse(part);
    else if (depth === 1 && part !== ":" && atKey === key) found = /^-?\d/.test(part) ? part : null;
  }
  return found;
}
