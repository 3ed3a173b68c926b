import { oneOfWords } from "../base/did-you-mean.js";
import { isObject, type JsonObject } from "../base/json.js";
import { readAll, type Shape, ShapeError, strictMap } from "../base/shape.js";

// Nucleus lite turns every scalar of YAML into a text, "null" included.

/** Parses a setting's value; `schema` describes the same values as JSON Schema. */
export interface SettingShape<T> extends Shape<T> {
  readonly schema: JsonObject;
}

function settingShape<T>(parse: Shape<T>, schema: JsonObject): SettingShape<T> {
  return Object.assign((value: unknown, path: string) => parse(value, path), { schema });
}

/** A text of 1 to `most` characters that matches `pattern`; `described` says what that requires. */
export function texts(most: number, pattern = /^/, described = ""): SettingShape<string> {
  const limits = { type: "string", minLength: 1, maxLength: most };
  const schema = described === "" ? limits : { ...limits, pattern: pattern.source, description: sentence(described) };
  return settingShape((value, path) => {
    if (typeof value !== "string") throw new ShapeError(path, "a string", value);
    if (value === "" && described === "") throw new ShapeError(path, "a non-empty string", value);
    if (value.length > most) throw new ShapeError(path, `at most ${most} characters`, value);
    if (!pattern.test(value)) throw new ShapeError(path, described, value);
    return value;
  }, schema);
}

function sentence(described: string): string {
  return `${described.charAt(0).toUpperCase()}${described.slice(1)}.`;
}

/** A text with a further condition, which `schema` can describe in part. */
export function withCheck(
  shape: SettingShape<string>,
  isGood: (text: string) => boolean,
  described: string,
  schema: JsonObject = {},
): SettingShape<string> {
  return settingShape(
    (value, path) => {
      const text = shape(value, path);
      if (!isGood(text)) throw new ShapeError(path, described, value);
      return text;
    },
    { ...shape.schema, ...schema },
  );
}

/** A whole number, also as a string. */
export function wholeOrText(least: number, most: number): SettingShape<number> {
  const number = { type: "integer", minimum: least, maximum: most };
  const text = {
    type: "string",
    pattern: "^ *\\d+ *$",
    description: "The number as a string, as nucleus lite stores it.",
  };
  return settingShape(
    (value, path) => {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      if (typeof number !== "number" || Number.isNaN(number)) throw new ShapeError(path, "a number", value);
      if (Number.isFinite(number) && !Number.isInteger(number)) throw new ShapeError(path, "a whole number", value);
      if (number < least) throw new ShapeError(path, `${least} or more`, value);
      if (number > most) throw new ShapeError(path, `${most} or less`, value);
      return number;
    },
    { anyOf: [number, text] },
  );
}

/** True or false, also as a string. */
export const flagOrText: SettingShape<boolean> = settingShape(
  (value, path) => {
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw new ShapeError(path, "true or false", value);
  },
  { enum: [true, false, "true", "false"] },
);

/** One of the given words; a problem names the one that was probably meant. */
export function choice<const T extends string>(...words: readonly T[]): SettingShape<T> {
  return settingShape(
    (value, path) => {
      const word = words.find((one) => one === value);
      if (word === undefined) throw new ShapeError(path, oneOfWords(words, value), value);
      return word;
    },
    { enum: words },
  );
}

/** Whether a setting or a member is missing. */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "null";
}

/** The same as JSON Schema. */
const NOTHING = { enum: [null, "null"] };

/** A value that may be missing, which is read as null; the text "null" counts as missing. */
export function nullIfMissing<T>(shape: SettingShape<T>): SettingShape<T | null> {
  return settingShape((value, path) => (isMissing(value) ? null : shape(value, path)), orMissing(shape.schema));
}

/** The schema, extended by the values that `isMissing` accepts. */
export function orMissing(schema: JsonObject): JsonObject {
  if (Array.isArray(schema.enum)) return { ...schema, enum: [...schema.enum, null, "null"] };
  const options: readonly unknown[] = Array.isArray(schema.anyOf) ? schema.anyOf : [schema];
  const { description, ...rest } = schema;
  const own = Array.isArray(schema.anyOf) ? { ...schema } : { ...(description === undefined ? {} : { description }) };
  const plain = Array.isArray(schema.anyOf) ? options : [rest];
  return { ...own, anyOf: [...plain, NOTHING] };
}

const MOST_ITEMS = 50;

/** A list of up to 50, where a single item is read as a list of one. */
export function listOrItem<T>(item: SettingShape<T>): SettingShape<readonly T[]> {
  return settingShape(
    (value, path) => {
      const items: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (items.length > MOST_ITEMS) throw new ShapeError(path, `a list of at most ${MOST_ITEMS}`, value);
      return readAll(Array.from(items, (one, at) => () => item(one, `${path}[${at}]`)));
    },
    { anyOf: [{ type: "array", maxItems: MOST_ITEMS, items: item.schema }, item.schema] },
  );
}

/**
 * A list of maps, or a map of them under any names: a deployment can merge a single entry into a map, and nucleus lite stores
 * maps of any size but lists only up to 1,024 bytes of JSON. Null entries are dropped. A map's entries are sorted by name, since
 * a nucleus does not preserve their order.
 */
export function listOrMap<T>(item: SettingShape<T>, members: readonly string[]): SettingShape<readonly T[]> {
  const asList = listOrItem(item);
  const additionalProperties = orMissing(item.schema);
  const asMap = { type: "object", maxProperties: MOST_ITEMS, additionalProperties, not: nullsOfMembers(members) };
  const listed = Array.isArray(asList.schema.anyOf) ? asList.schema.anyOf : [];
  return settingShape(
    (value, path) => {
      if (!isObject(value) || !isMapOfItems(value, members)) return asList(value, path);
      const names = Object.keys(value)
        .filter((name) => !isMissing(value[name]))
        .sort();
      if (names.length > MOST_ITEMS) throw new ShapeError(path, `a map of at most ${MOST_ITEMS}`, value);
      return readAll(names.map((name) => () => item(value[name], `${path}.${name}`)));
    },
    { anyOf: [...listed, asMap] },
  );
}

/**
 * Items hold only scalars, so a map that holds a map is a map of items, even where a name is also that of a member. Of nulls alone
 * it is one if no name is a member's: an item without any value is no way to say "none".
 */
function isMapOfItems(value: JsonObject, members: readonly string[]): boolean {
  const entries = Object.entries(value);
  const named = entries.filter(([name]) => members.includes(name));
  if (named.some(([, inner]) => !isObject(inner) && !isMissing(inner))) return false;
  if (entries.some(([, inner]) => isObject(inner))) return true;
  return named.length === 0 && entries.every(([, inner]) => isMissing(inner));
}

/** What `isMapOfItems` refuses of nulls alone. */
function nullsOfMembers(members: readonly string[]): JsonObject {
  return { additionalProperties: NOTHING, anyOf: members.map((name) => ({ required: [name] })) };
}

type Members<T> = { readonly [K in keyof T]: SettingShape<T[K]> };

/** A map that may have only these members. */
export function settingMap<T extends object>(members: Members<T>, required: readonly string[] = []): SettingShape<T> {
  const shapes = Object.entries<SettingShape<unknown>>(members);
  const properties = Object.fromEntries(shapes.map(([key, shape]) => [key, shape.schema]));
  const only = { type: "object", additionalProperties: false, properties };
  return settingShape(strictMap<T>(members), { ...only, ...(required.length > 0 ? { required } : {}) });
}

/** A condition over several members of a map. */
interface Condition<T> {
  readonly isGood: (map: T) => boolean;
  readonly described: string;
  /** The same as JSON Schema. */
  readonly schema: JsonObject;
}

/** A map with conditions over several members. */
export function mapWhere<T extends object>(
  members: Members<T>,
  ...conditions: readonly Condition<T>[]
): SettingShape<T> {
  const shape = settingMap(members);
  return settingShape(
    (value, path) => {
      const map = shape(value, path);
      for (const { isGood, described } of conditions) if (!isGood(map)) throw new ShapeError(path, described, value);
      return map;
    },
    { ...shape.schema, allOf: conditions.map(({ schema }) => schema) },
  );
}

/** A member that may be missing, which is read as `fallback`: a deployment can merge null, but remove no member. */
export function withDefault<T>(shape: SettingShape<T>, fallback: T): SettingShape<T> {
  return settingShape((value, path) => (isMissing(value) ? fallback : shape(value, path)), {
    ...orMissing(shape.schema),
    default: fallback,
  });
}
