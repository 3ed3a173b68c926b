import { InvalidInputError } from "../../base/errors.js";
import type { Page, Paged } from "./views.js";

const MOST_ITEMS = 1_000;

/** How many items a page has. */
export function limitOf({ limit }: Page): number {
  return Number.isFinite(limit) ? Math.min(MOST_ITEMS, Math.max(1, Math.floor(limit))) : MOST_ITEMS;
}

/** Makes a page from its items and, if there are more, at least one further item. */
export function pageOf<T>(items: readonly T[], limit: number, keyOf: (item: T) => string): Paged<T> {
  const shown = items.slice(0, limit);
  const last = shown[shown.length - 1];
  return { items: shown, next: items.length > limit && last !== undefined ? keyOf(last) : null };
}

type Part = string | number;

/** A key of several parts, as one text. */
export function keyOf(...parts: readonly Part[]): string {
  return JSON.stringify(parts);
}

/** Whether both engines can compare with this value. */
function isUsable(part: unknown): boolean {
  return typeof part === "number" ? Number.isSafeInteger(part) : !String(part).includes("\0");
}

/** The parts of a key, of the same types as in the example; null on the first page. Throws InvalidInputError. */
export function partsOf<const T extends readonly Part[]>(
  after: string | undefined,
  example: T,
): { -readonly [K in keyof T]: T[K] extends string ? string : number } | null {
  if (after === undefined) return null;
  let value: unknown;
  try {
    value = JSON.parse(after);
  } catch {
    value = null;
  }
  const fits =
    Array.isArray(value) &&
    value.length === example.length &&
    value.every((part, at) => typeof part === typeof example[at] && isUsable(part));
  if (!fits) refuseKey();
  return value as { -readonly [K in keyof T]: T[K] extends string ? string : number };
}

/** Throws InvalidInputError for a key that is not from a page. */
export function refuseKey(): never {
  throw new InvalidInputError('Cannot continue the list: "after" must be the "next" of the page before');
}
