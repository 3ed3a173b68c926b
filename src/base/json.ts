/** An object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object with members: neither a list nor null, nor a date as clients make it of a time. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const MOST_LEVELS = 32;

/** Valid JSON of a form that is refused: too deep, or with a crafted key. */
export class JsonShapeError extends Error {}

/**
 * Parses JSON from outside. Throws SyntaxError when the text is not JSON, and JsonShapeError when it is deeper than 32 levels,
 * which would overflow the stack of whoever walks it, or has a key "__proto__", which would reach a prototype when copied.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  checkShape(value);
  return value;
}

/** The same check for a parsed value. It goes level by level, since recursion would overflow the stack. */
export function checkShape(value: unknown): void {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) throw new JsonShapeError(`it is deeper than ${MOST_LEVELS} levels`);
    const next: unknown[] = [];
    for (const each of level) {
      if (typeof each !== "object" || each === null) continue;
      if (Object.hasOwn(each, "__proto__")) throw new JsonShapeError('it has a key "__proto__"');
      for (const inner of Object.values(each)) next.push(inner);
    }
    level = next;
  }
}
