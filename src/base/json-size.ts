import { isObject } from "./json.js";

/** How many key-value pairs and how many list items JSON data has, at all depths. */
interface JsonSize {
  readonly pairs: number;
  readonly items: number;
}

export function jsonSize(value: unknown): JsonSize {
  if (Array.isArray(value)) return value.map(jsonSize).reduce(sum, { pairs: 0, items: value.length });
  if (!isObject(value)) return { pairs: 0, items: 0 };
  const values = Object.values(value);
  return values.map(jsonSize).reduce(sum, { pairs: values.length, items: 0 });
}

function sum(a: JsonSize, b: JsonSize): JsonSize {
  return { pairs: a.pairs + b.pairs, items: a.items + b.items };
}
