import { InvalidInputError } from "../base/errors.js";
import { isObject, type JsonObject } from "../base/json.js";
import { describeType, quoted } from "./job-names.js";
import { DESCRIPTION_MEMBERS, METADATA_MEMBERS, TIME_MEMBERS } from "./wire.js";

/** An answer does not describe a job. */
export class NotAJobError extends InvalidInputError {
  constructor(readonly why: string) {
    super(`Cannot read job: ${why}`);
  }
}

/**
 * The description inside an answer of DescribeModelPackagingJob, with or without its wrapper. Throws NotAJobError when
 * it is not a job, is too deep or too large, or has a key such as __proto__.
 */
export function descriptionOf(answer: unknown): JsonObject {
  if (!isObject(answer)) throw new NotAJobError(`needs a JSON object, is ${describeType(answer)}`);
  checkSize(answer);
  const inner = answer.ModelPackagingDescription;
  if (isObject(inner)) return inner;
  if (inner !== undefined && inner !== null) {
    throw new NotAJobError(`ModelPackagingDescription must be an object, is ${describeType(inner)}`);
  }
  if (KNOWN.some((member) => answer[member] !== undefined)) return answer;
  throw new NotAJobError(notAJob(answer));
}

/**
 * The same text for the same job, whichever client wrote it: keys sorted, nulls and the client's own members left out, times
 * as whole milliseconds since 1970. For digests. Throws as descriptionOf does.
 */
export function canonicalAnswer(answer: unknown): string {
  const description = descriptionOf(answer);
  const job: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(description)) {
    if (!CLIENT_MEMBERS.includes(key)) job[key] = description[key];
  }
  for (const key of TIME_MEMBERS) job[key] = epochMilliseconds(job[key]) ?? job[key];
  return canonical(job);
}

/**
 * Milliseconds since 1970 of a time as clients write it: epoch seconds (wire, AWS CLI v1), ISO 8601 with its zone (AWS CLI v2;
 * boto3 with a space in place of the T), a Date (SDK). Null for anything else and outside the years 1970 to 9999.
 */
export function epochMilliseconds(value: unknown): number | null {
  let milliseconds = Number.NaN;
  if (typeof value === "number") milliseconds = Math.round(value * 1000);
  else if (value instanceof Date) milliseconds = value.getTime();
  else if (typeof value === "string") milliseconds = isoMilliseconds(value);
  return milliseconds >= 0 && milliseconds <= LAST_INSTANT ? milliseconds : null;
}

const KNOWN: readonly string[] = [...METADATA_MEMBERS, ...DESCRIPTION_MEMBERS];
// What boto3 and the SDK for JavaScript add to an answer: different with every call.
const CLIENT_MEMBERS = ["ResponseMetadata", "$metadata"];
const LAST_INSTANT = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)$/i;

function isoMilliseconds(text: string): number {
  const match = ISO.exec(text);
  if (match === null) return Number.NaN;
  const [, date, time, fraction = "0", zone = "Z"] = match;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const seconds = Date.parse(`${date}T${time}${offset}`);
  return seconds + Math.round(Number(`0.${fraction}`) * 1000);
}

function notAJob(answer: JsonObject): string {
  for (const [member, operation] of OTHER_ANSWERS) {
    if (answer[member] !== undefined) {
      return `is an answer of ${operation}, not of DescribeModelPackagingJob`;
    }
  }
  const keys = Object.keys(answer).filter((key) => (answer[key] ?? null) !== null);
  if (keys.length === 0) return "needs ModelPackagingDescription, is empty";
  const some = keys.slice(0, 5).map((key) => quoted(key));
  return `needs ModelPackagingDescription, has ${some.join(", ")}`;
}

const OTHER_ANSWERS = [
  ["ModelPackagingJobs", "ListModelPackagingJobs"],
  ["ModelDescription", "DescribeModel"],
  ["ProjectDescription", "DescribeProject"],
] as const;

const DEEPEST = 32;
const MOST_VALUES = 20_000;
const MOST_CHARACTERS = 1_048_576;
const CRAFTED = ["__proto__", "constructor", "prototype"];

/** Visits every value once; the recursion ends at DEEPEST. */
function checkSize(answer: unknown): void {
  let values = 0;
  let characters = 0;
  const visit = (value: unknown, depth: number): void => {
    if (depth > DEEPEST) throw new NotAJobError(`nested deeper than ${DEEPEST} levels`);
    values += 1;
    if (typeof value === "string") characters += value.length;
    if (values > MOST_VALUES) throw new NotAJobError(`more than ${MOST_VALUES} values`);
    if (characters > MOST_CHARACTERS) {
      throw new NotAJobError(`more than ${MOST_CHARACTERS} characters`);
    }
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth + 1);
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) {
        if (CRAFTED.includes(key)) throw new NotAJobError(`has a member ${quoted(key)}`);
        characters += key.length;
        visit(value[key], depth + 1);
      }
    }
  };
  visit(answer, 0);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== null && member !== undefined) parts.push(`${JSON.stringify(key)}:${canonical(member)}`);
  }
  return `{${parts.join(",")}}`;
}
