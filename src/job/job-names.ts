import { InvalidInputError } from "../base/errors.js";

/** The name of a job within its project. */
export interface JobRef {
  readonly project: string;
  readonly job: string;
}

/** Instead of a job's name: all jobs of the project. Not a valid job name itself. */
export const ALL_JOBS = "*";

/** The project of packaging jobs that stand for compilation jobs of SageMaker Neo, which have none. */
export const NEO_PROJECT = "sagemaker-neo";

/** The rule for a name in the service's model: length and pattern of the whole string. */
export interface NameRule {
  /** What the name is called in messages. */
  readonly what: string;
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp;
  /** The pattern as written in the service's model. */
  readonly written: string;
}

/** ProjectName, API reference of 2020-11-20. */
export const PROJECT_NAME_RULE: NameRule = {
  what: "project name",
  min: 1,
  max: 255,
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/,
  written: "[a-zA-Z0-9][a-zA-Z0-9_\\-]*",
};

/** ModelPackagingJobName, API reference of 2020-11-20. */
export const JOB_NAME_RULE: NameRule = {
  what: "job name",
  min: 1,
  max: 64,
  pattern: /^[a-zA-Z0-9-]+$/,
  written: "[a-zA-Z0-9-]+",
};

/** Returns both names, or throws InvalidInputError that names the wrong one. The SDK itself checks neither. */
export function checkJobRef(project: unknown, job: unknown): JobRef {
  return { project: checkName(project, PROJECT_NAME_RULE), job: checkName(job, JOB_NAME_RULE) };
}

/** Returns the name, or throws InvalidInputError with the value and the rule that it breaks. */
export function checkName(value: unknown, rule: NameRule): string {
  const fault = typeof value === "string" ? nameFault(value, rule) : `must be text, is ${describeType(value)}`;
  if (typeof value !== "string" || fault !== null) {
    throw new InvalidInputError(`Cannot use ${rule.what} ${quoted(value)}: ${fault}`);
  }
  return value;
}

/** What is wrong with a name; null when nothing is. */
export function nameFault(value: string, rule: NameRule): string | null {
  if (value.length < rule.min) return `must have ${rule.min} to ${rule.max} characters, is empty`;
  if (value.length > rule.max) return `must have ${rule.min} to ${rule.max} characters, has ${value.length}`;
  if (!rule.pattern.test(value)) return `must match ${rule.written}`;
  return null;
}

/** A value in quotes for a message: bounded in length, control and bidirectional characters escaped. */
export function quoted(value: unknown, longest = 80): string {
  if (typeof value !== "string") return describeType(value);
  const shown = value.length > longest ? `${value.slice(0, longest)}…` : value;
  return `"${escapeControls(shown)}"`;
}

/** What a value is, with its article: `a number`, `an array`, `null`. */
export function describeType(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

// Control characters, line and paragraph separators, bidirectional overrides, lone surrogates; quotes and backslashes too, so
// that the quoted text can be read in one way only.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}"\\]/gu;

function escapeControls(text: string): string {
  return text.replace(UNSAFE, (found) =>
    found === '"' || found === "\\" ? `\\${found}` : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
