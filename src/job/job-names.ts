import { InvalidInputError } from "../base/errors.js";

/** Which job is asked for. */
export interface JobRef {
  readonly project: string;
  readonly job: string;
}

/** In place of a job's name: all jobs of the project. No job can have it. */
export const ALL_JOBS = "*";

/** A name's rule in the service's model: length and whole-string pattern. */
export interface NameRule {
  /** The member as a person calls it. */
  readonly what: string;
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp;
  /** The pattern as the service's model writes it. */
  readonly written: string;
}

/** ProjectName, API reference of 2020-11-20. */
export const PROJECT_NAME: NameRule = {
  what: "project name",
  min: 1,
  max: 255,
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/,
  written: "[a-zA-Z0-9][a-zA-Z0-9_\\-]*",
};

/** ModelPackagingJobName, API reference of 2020-11-20. */
export const JOB_NAME: NameRule = {
  what: "job name",
  min: 1,
  max: 64,
  pattern: /^[a-zA-Z0-9-]+$/,
  written: "[a-zA-Z0-9-]+",
};

/** Returns both names, or throws InvalidInputError that says what is wrong with which; the SDK itself checks neither. */
export function checkJobRef(project: unknown, job: unknown): JobRef {
  return { project: checkName(project, PROJECT_NAME), job: checkName(job, JOB_NAME) };
}

/** Returns the name, or throws InvalidInputError with the value found and the rule that it breaks. */
export function checkName(value: unknown, rule: NameRule): string {
  const fault = nameFault(value, rule);
  if (fault !== null) throw new InvalidInputError(`Cannot use ${rule.what} ${quoted(value)}: ${fault}`);
  return value as string;
}

/** What is wrong with a name, null when nothing is. */
export function nameFault(value: unknown, rule: NameRule): string | null {
  if (typeof value !== "string") return `must be text, is ${kindOf(value)}`;
  if (value.length < rule.min) return `must have ${rule.min} to ${rule.max} characters, is empty`;
  if (value.length > rule.max) return `must have ${rule.min} to ${rule.max} characters, has ${value.length}`;
  if (!rule.pattern.test(value)) return `must match ${rule.written}`;
  return null;
}

/** A value in quotes for a message: bounded, and without a character that a terminal or a log would act on. */
export function quoted(value: unknown, longest = 80): string {
  if (typeof value !== "string") return kindOf(value);
  const shown = value.length > longest ? `${value.slice(0, longest)}…` : value;
  return `"${escapeControls(shown)}"`;
}

/** What a value is, with its article: `a number`, `an array`, `null`. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

// Controls, line and paragraph separators, bidirectional overrides, lone surrogates; quotes and backslashes too, so that
// the quoted text has one reading.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]/gu;

function escapeControls(text: string): string {
  return text.replace(UNSAFE, (found) =>
    found === '"' || found === "\\" ? `\\${found}` : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
