import { isObject, type JsonObject } from "../../base/json.js";

/** The same object with capital first letters in its own keys: Greengrass accepts and returns recipes in both spellings. */
export function capitalKeys(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [capital(key), value]));
}

const DEEPEST = 16;

/** Members whose value is not the service's own: keys below them are the user's. */
const OPAQUE = ["CompilerOptions"];

/** The same value with capital first letters in every key, at any depth; `leaf` maps values that are not objects or lists. */
export function allCapitalKeys(value: unknown, leaf: (value: unknown) => unknown, depth = 0): unknown {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((item) => allCapitalKeys(item, leaf, depth + 1));
  if (!isObject(value)) return leaf(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const name = capital(key);
      return [name, OPAQUE.includes(name) && isObject(member) ? member : allCapitalKeys(member, leaf, depth + 1)];
    }),
  );
}

function capital(key: string): string {
  return key.slice(0, 1).toUpperCase() + key.slice(1);
}
