import { bytesOf } from "./encode.js";

/**
 * Shortens an answer to `mostBytes` of JSON: drops the longest member first, or the second half of it if it is a list.
 * `leftOut` says what is missing; an answer that fits is returned unchanged.
 */
export function fitInto(answer: object, mostBytes: number): object {
  if (bytesOf(JSON.stringify(answer)) <= mostBytes) return answer;
  const all = answer as Readonly<Record<string, unknown>>;
  let left: Record<string, unknown> = { ...all };
  for (;;) {
    const [longest] = Object.entries(left)
      .filter(([key, value]) => key !== "leftOut" && value !== null)
      .sort(([, a], [, b]) => bytesOf(JSON.stringify(b)) - bytesOf(JSON.stringify(a)));
    if (longest === undefined) return left;
    const [key, value] = longest;
    left[key] = Array.isArray(value) && value.length > 1 ? value.slice(0, value.length >> 1) : null;
    left = { ...left, leftOut: `${missing(all, left).join(", ")}: the message would be too long` };
    if (bytesOf(JSON.stringify(left)) <= mostBytes) return left;
  }
}

function missing(all: Readonly<Record<string, unknown>>, left: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(all).flatMap(([key, before]) => {
    const now = left[key];
    if (now === before) return [];
    return Array.isArray(before) && Array.isArray(now)
      ? `${before.length - now.length} of ${before.length} ${key}`
      : key;
  });
}
