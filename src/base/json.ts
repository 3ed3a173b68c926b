/** An object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object: not a list, not null, and not a Date, which some clients return for times. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const MOST_LEVELS = 32;

/** Valid JSON of a form that is refused: too deep, or with a crafted key. */
export class JsonShapeError extends Error {}

/**
 * Parses JSON from outside. Throws SyntaxError when the text is not JSON, and JsonShapeError when it is deeper than 32 levels,
 * which would overflow the stack of code that walks it, or has a key "__proto__", which would reach a prototype when copied.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  checkShape(value);
  return value;
}

/** The JSON object in a text from outside; null if the text is anything else. */
export function jsonObjectIn(text: string): JsonObject | null {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The check of `parseJson` for a value that is parsed already. */
export function checkShape(value: unknown, depth = 0): void {
  // Before recursing, so that no value overflows the stack.
  if (depth > MOST_LEVELS) throw new JsonShapeError(`it is deeper than ${MOST_LEVELS} levels`);
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const each of value) checkShape(each, depth + 1);
    return;
  }
  if (Object.hasOwn(value, "__proto__")) throw new JsonShapeError('it has a key "__proto__"');
  for (const key of Object.keys(value)) checkShape((value as JsonObject)[key], depth + 1);
}
