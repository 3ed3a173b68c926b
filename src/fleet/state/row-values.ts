import { isObject, parseJson } from "../../base/json.js";
import type { Row, SqlValue } from "../store/database.js";

/** A column's text; a missing one is a bug. */
export function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`Column ${column} is ${typeof value}, not a text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === "string" ? value : null;
}

/** A column's number; 0 for null, the aggregate of no rows. */
export function numberIn(row: Row, column: string): number {
  const value: SqlValue | undefined = row[column];
  return value === null || value === undefined ? 0 : Number(value);
}

/** The object in a column of JSON; null if there is none. */
export function objectIn(row: Row, column: string): Readonly<Record<string, unknown>> | null {
  const value = jsonIn(row, column);
  return isObject(value) ? value : null;
}

/** The texts in a column of JSON. */
export function textsIn(row: Row, column: string): readonly string[] {
  const value = jsonIn(row, column);
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** The lists of numbers in a column of JSON, as `epoch` has them. */
export function rangesIn(row: Row, column: string): readonly (readonly number[])[] {
  const value = jsonIn(row, column);
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is number[] => Array.isArray(one) && one.every((part) => typeof part === "number"));
}

function jsonIn(row: Row, column: string): unknown {
  const text = textOrNull(row, column);
  if (text === null) return null;
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
