import { didYouMean, MOST_SUGGESTIONS } from "./did-you-mean.js";
import { InvalidInputError } from "./errors.js";
import { isObject } from "./json.js";
import { printable } from "./text.js";

/** One place where a value does not have the required form. */
export interface ShapeProblem {
  /** `gpus[0].name`; empty for the whole value. */
  readonly path: string;
  /** Continues "must be …". */
  readonly needed: string;
  readonly found: unknown;
}

/** A value from outside does not have the required form; the message says where, what is needed and what was found. */
export class ShapeError extends InvalidInputError {
  /** One or more; the message is about the first. */
  readonly problems: readonly ShapeProblem[];

  constructor(path: string, needed: string, found: unknown, more: readonly ShapeProblem[] = []) {
    super(`${path === "" ? "the text" : `"${path}"`} must be ${needed}, is ${describe(found)}`);
    this.problems = [{ path, needed, found }, ...more];
  }
}

/** Checks a value of unknown origin and returns it as T; throws ShapeError. */
export type Shape<T> = (value: unknown, path: string) => T;

const LONGEST_TEXT = 4096;
const LONGEST_LIST = 4096;

/** A text of reasonable length. */
export const text: Shape<string> = (value, path) => {
  if (typeof value !== "string") throw new ShapeError(path, "a string", value);
  if (value.length > LONGEST_TEXT) throw new ShapeError(path, `at most ${LONGEST_TEXT} characters`, value);
  return value;
};

/** A text that fits a line of a report or of a terminal. */
export const line: Shape<string> = (value, path) => {
  const found = text(value, path);
  if (/\p{Cc}/u.test(found)) throw new ShapeError(path, "a string without control characters", found);
  return found;
};

/** A number from 0 up. */
export const amount: Shape<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new ShapeError(path, "a number from 0 up", value);
  }
  return value;
};

/** A whole number. */
export function whole(least: number, most: number): Shape<number> {
  return (value, path) => {
    if (typeof value !== "number" || !Number.isInteger(value)) throw new ShapeError(path, "a whole number", value);
    if (value < least) throw new ShapeError(path, `${least} or more`, value);
    if (value > most) throw new ShapeError(path, `${most} or less`, value);
    return value;
  };
}

/** True or false. */
export const flag: Shape<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new ShapeError(path, "true or false", value);
  return value;
};

/** One of a few values. */
export function oneOf<const T extends string | number | boolean>(...values: readonly T[]): Shape<T> {
  return (value, path) => {
    const match = values.find((candidate) => candidate === value);
    if (match === undefined) throw new ShapeError(path, values.map((one) => JSON.stringify(one)).join(" or "), value);
    return match;
  };
}

/** A value that may be null or missing; missing is read as null. */
export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null || value === undefined ? null : shape(value, path));
}

/** A value that may be null or missing, which is read as `fallback`. */
export function orElse<T>(shape: Shape<T>, fallback: T): Shape<T> {
  return (value, path) => (value === null || value === undefined ? fallback : shape(value, path));
}

/** A member that may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined ? undefined : shape(value, path));
}

/** A list whose members all have one shape. */
export function listOf<T>(shape: Shape<T>, most = LONGEST_LIST): Shape<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, "a list", value);
    if (value.length > most) throw new ShapeError(path, `a list of at most ${most}`, value);
    return readAll(Array.from(value, (member, at) => () => shape(member, `${path}[${at}]`)));
  };
}

/** A shape for each member; that of an optional member may return undefined. */
export type MemberShapes<T> = {
  readonly [K in keyof T]: Record<never, never> extends Pick<T, K> ? Shape<T[K] | undefined> : Shape<T[K]>;
};

/** An object with these members; others are left out. Only an object's own members count, not those of a prototype. */
export function objectOf<T extends object>(members: MemberShapes<T>): Shape<T> {
  const read = memberReader(members);
  return (value, path) => read(anyObject(value, path), path);
}

/** The beginning of a problem's `needed` for an unknown key; a suggestion may follow. */
export const UNKNOWN_KEY = "a known key";

/** An object that may have only these members. */
export function strictMap<T extends object>(members: MemberShapes<T>): Shape<T> {
  const known = Object.keys(members);
  const read = memberReader(members);
  return (value, path) => {
    if (!isObject(value)) throw new ShapeError(path, "a map", value);
    const strays = Object.keys(value).filter((key) => !known.includes(key));
    const refusals = strays.map((key, at) => (): never => {
      const meant = at < MOST_SUGGESTIONS ? didYouMean(key, known) : "";
      throw new ShapeError(memberPath(path, key), `${UNKNOWN_KEY}${meant}`, value[key]);
    });
    return read(value, path, refusals);
  };
}

/** Reads an object's members; `refusals` each throw a problem, which is reported before those of the members. */
function memberReader<T extends object>(members: MemberShapes<T>) {
  const shapes = Object.entries(members) as [string, Shape<unknown>][];
  return (object: object, path: string, refusals: readonly (() => never)[] = []): T => {
    const parts = shapes.map(([key, shape]) => (): [string, unknown] => [
      key,
      shape(ownMember(object, key), memberPath(path, key)),
    ]);
    return Object.fromEntries(readAll([...refusals, ...parts]).filter(([, member]) => member !== undefined)) as T;
  };
}

function memberPath(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** Reads every part, so that a ShapeError names each problem and not only the first. */
export function readAll<T>(parts: readonly (() => T)[]): T[] {
  const problems: ShapeProblem[] = [];
  const values: T[] = [];
  for (const part of parts) {
    try {
      values.push(part());
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      problems.push(...error.problems);
    }
  }
  const [first, ...more] = problems;
  if (first !== undefined) throw new ShapeError(first.path, first.needed, first.found, more);
  return values;
}

/** Any object that is not a list. */
export const anyObject: Shape<object> = (value, path) => {
  if (!isObject(value)) {
    throw new ShapeError(path, "an object", value);
  }
  return value;
};

/** A member that the object itself has; undefined otherwise. */
export function ownMember(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Readonly<Record<string, unknown>>)[key] : undefined;
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "an object";
  if (typeof value === "string")
    return value.length > 60 ? `a string of ${value.length} characters` : printable(JSON.stringify(value));
  return String(value);
}
