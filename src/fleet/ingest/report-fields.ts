import { InvalidInputError } from "../../base/errors.js";
import { storable } from "./storable.js";

export const MOST_NAME = 256;
// Names are compared, so they are refused rather than changed.
export const UNSAFE_NAME = /[\p{Cc}\p{Cs}]/u;

/** A name; null where none is given. Throws InvalidInputError for what cannot be one. */
export function nameOr(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value !== "string" || value.length > MOST_NAME || UNSAFE_NAME.test(value)) {
    refuse(`names of projects, jobs and components must be texts of at most ${MOST_NAME} characters`);
  }
  return value;
}

/** A text, shortened to `most` characters; null for anything else. */
export function textOr(value: unknown, most: number): string | null {
  return typeof value === "string" ? storable(value, most) : null;
}

/** One of these values. Throws InvalidInputError for any other. */
export function requireOneOf<T extends string>(words: readonly T[], value: unknown, name: string): T {
  return words.find((word) => word === value) ?? refuse(`${name} must be one of ${words.join(", ")}`);
}

/** Throws InvalidInputError. */
export function refuse(why: string): never {
  throw new InvalidInputError(`Cannot read a report: ${why}`);
}
