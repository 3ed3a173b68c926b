import type { CompilerOptions } from "./job.js";
import { quoted } from "./job-names.js";
import { type Loose, LooseSyntaxError, parseLoose } from "./loose-json.js";

/**
 * Reads as much as possible of a job's compiler options. Never throws: the service returns the text as the caller wrote it,
 * so it may be JSON, JSON with single quotes (as in AWS's own documents) or neither.
 */
export function parseCompilerOptions(text: string | null): CompilerOptions {
  if (text === null || text.trim() === "") return { ...NOTHING, form: "none", text };
  if (text.length > LONGEST) {
    return unparseable(text.slice(0, LONGEST), `must have at most ${LONGEST} characters, has ${text.length}`);
  }
  const read = readLoose(text);
  if (typeof read === "string") return unparseable(text, read);
  if (read.kind !== "object") return unparseable(text, `must be an object, is ${nameOf(read)}`);
  return { form: isJson(text) ? "json" : "tolerated", text, ...readOptions(read.entries) };
}

/** The service accepts 1,024 characters; Neo jobs and hand-written answers may hold more. */
const LONGEST = 65_536;

const NOTHING: Omit<CompilerOptions, "form" | "text"> = {
  gpuCode: null,
  trtVer: null,
  cudaVer: null,
  mcpu: null,
  mattr: [],
  other: {},
  problems: [],
};

function unparseable(text: string, problem: string): CompilerOptions {
  return { ...NOTHING, form: "unparseable", text, problems: [problem] };
}

/** The value, or one sentence that says why it could not be read. */
function readLoose(text: string): Loose | string {
  try {
    const read = parseLoose(text);
    // Encoded twice: a JSON text inside a JSON text.
    return read.kind === "text" && /^\s*\{/.test(read.value) ? parseLoose(read.value) : read;
  } catch (error) {
    if (!(error instanceof LooseSyntaxError)) throw error;
    // Quotes escaped for a shell although it needed no escapes: {\"gpu-code\": \"sm_72\"}
    if (text.trimStart().startsWith('{\\"')) return readLoose(text.replaceAll('\\"', '"'));
    return `cannot be read: ${error.message}`;
  }
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

type Entries = Extract<Loose, { kind: "object" }>["entries"];

// SageMaker Neo's documents also spell gpu-code like this.
const ALIAS = "gpu_code";
const VERSION = /^\d{1,6}(\.\d{1,6}){0,3}$/;
/** An option that holds one text: where it goes and what it must look like. */
interface OneText {
  readonly member: "gpuCode" | "trtVer" | "cudaVer" | "mcpu";
  readonly form: RegExp;
  readonly needed: string;
}
const ONE_TEXT = new Map<string, OneText>([
  ["gpu-code", { member: "gpuCode", form: /^sm_\d{2,3}[a-z]?$/, needed: '"sm_" and a number, such as "sm_72"' }],
  ["trt-ver", { member: "trtVer", form: VERSION, needed: 'a version, such as "8.2.1"' }],
  ["cuda-ver", { member: "cudaVer", form: VERSION, needed: 'a version, such as "10.2"' }],
  ["mcpu", { member: "mcpu", form: /^[\w.+-]{1,64}$/, needed: 'the name of a CPU, such as "core-avx2"' }],
]);
const FLAG = /^[+-]?[\w.-]{1,64}$/;

function readOptions(entries: Entries): Omit<CompilerOptions, "form" | "text"> {
  const problems: string[] = [];
  const last = lastOfEach(entries, problems);
  const found: Record<OneText["member"], string | null> = { gpuCode: null, trtVer: null, cudaVer: null, mcpu: null };
  let mattr: readonly string[] = [];
  const other: [string, string][] = [];
  for (const [key, value] of last) {
    const rule = ONE_TEXT.get(key);
    if (rule !== undefined) found[rule.member] = oneText(key, value, rule, problems);
    else if (key === "mattr") mattr = flags(value, problems);
    else other.push([key, textOf(value)]);
  }
  // fromEntries defines own properties, so a key named __proto__ is a property like any other.
  return { ...found, mattr, other: Object.fromEntries(other), problems: bounded(problems) };
}

const MOST_PROBLEMS = 20;

function bounded(problems: readonly string[]): readonly string[] {
  const more = problems.length - MOST_PROBLEMS;
  return more <= 0 ? problems : [...problems.slice(0, MOST_PROBLEMS), `and ${more} more`];
}

/** One value for each key, in the order of first appearance. The last value of a repeated key counts, as in any JSON parser. */
function lastOfEach(entries: Entries, problems: string[]): Map<string, Loose> {
  const last = new Map<string, Loose>();
  let alias: Loose | undefined;
  for (const [key, value] of entries) {
    if (key === ALIAS) alias = value;
    const earlier = last.get(key);
    if (earlier !== undefined && textOf(earlier) !== textOf(value)) {
      const both = `${quoted(textOf(earlier))} and ${quoted(textOf(value))}`;
      problems.push(`${quoted(key)} is given twice, ${both}: the last counts`);
    }
    last.set(key, value);
  }
  if (alias === undefined) return last;
  const own = last.get("gpu-code");
  if (own === undefined) {
    return new Map([...last].map(([key, value]) => [key === ALIAS ? "gpu-code" : key, value]));
  }
  if (textOf(own) !== textOf(alias)) {
    const both = `${quoted(textOf(own))} and ${quoted(textOf(alias))}`;
    problems.push(`"gpu-code" and "${ALIAS}" differ, ${both}: "gpu-code" counts`);
  }
  last.delete(ALIAS);
  return last;
}

function oneText(key: string, value: Loose, rule: OneText, problems: string[]): string | null {
  if (value.kind === "word" && value.value === null) return null;
  if (value.kind !== "text") {
    problems.push(`${quoted(key)} must be text, is ${nameOf(value)}`);
    return null;
  }
  const trimmed = value.value.trim();
  const text = key === "gpu-code" ? trimmed.toLowerCase() : trimmed;
  if (rule.form.test(text)) return text;
  problems.push(`${quoted(key)} must be ${rule.needed}, is ${quoted(value.value)}`);
  return null;
}

function flags(value: Loose, problems: string[]): readonly string[] {
  if (value.kind === "word" && value.value === null) return [];
  if (value.kind !== "array") {
    problems.push(`"mattr" must be a list of flags, is ${nameOf(value)}`);
    return [];
  }
  const good: string[] = [];
  for (const item of value.items) {
    if (item.kind === "text" && FLAG.test(item.value)) good.push(item.value);
    else
      problems.push(
        `"mattr" must hold flags such as "+neon", has ${item.kind === "text" ? quoted(item.value) : nameOf(item)}`,
      );
  }
  return good;
}

function nameOf(value: Loose): string {
  switch (value.kind) {
    case "text":
      return "text";
    case "number":
      return `the number ${value.value.slice(0, 40)}`;
    case "word":
      return String(value.value);
    default:
      return value.kind === "array" ? "an array" : "an object";
  }
}

/** A value as text: text unchanged, everything else as JSON. */
function textOf(value: Loose): string {
  return value.kind === "text" ? value.value : json(value);
}

function json(value: Loose): string {
  switch (value.kind) {
    case "text":
      return JSON.stringify(value.value);
    case "array":
      return `[${value.items.map(json).join(",")}]`;
    case "object":
      return `{${value.entries.map(([key, member]) => `${JSON.stringify(key)}:${json(member)}`).join(",")}}`;
    default:
      return String(value.value);
  }
}
