import type { CompilerOptions } from "./job.js";
import { quoted } from "./job-names.js";
import { type Loose, LooseSyntaxError, parseLoose } from "./loose-json.js";

/**
 * Reads a job's compiler options as far as they can be read. Never throws: the service gives the text back as the caller
 * wrote it, so it may be JSON, JSON with single quotes (as AWS's own documents write it) or neither.
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

/** The service takes 1,024 characters; Neo's own jobs and hand-made answers may hold more. */
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

/** The value, or one sentence that says why there is none. */
function readLoose(text: string): Loose | string {
  try {
    const read = parseLoose(text);
    // Encoded twice: a JSON text inside a JSON text.
    return read.kind === "text" && /^\s*\{/.test(read.value) ? parseLoose(read.value) : read;
  } catch (error) {
    if (!(error instanceof LooseSyntaxError)) throw error;
    // Quotes escaped for a shell that did not need it: {\"gpu-code\": \"sm_72\"}
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

// How SageMaker Neo's documents also spell gpu-code.
const ALIAS = "gpu_code";
const VERSION = /^\d{1,6}(\.\d{1,6}){0,3}$/;
const ONE_TEXT = {
  "gpu-code": { member: "gpuCode", form: /^sm_\d{2,3}[a-z]?$/, needed: '"sm_" and a number, such as "sm_72"' },
  "trt-ver": { member: "trtVer", form: VERSION, needed: 'a version, such as "8.2.1"' },
  "cuda-ver": { member: "cudaVer", form: VERSION, needed: 'a version, such as "10.2"' },
  mcpu: { member: "mcpu", form: /^[\w.+-]{1,64}$/, needed: 'the name of a CPU, such as "core-avx2"' },
} as const;
const FLAG = /^[+-]?[\w.-]{1,64}$/;

function readOptions(entries: Entries): Omit<CompilerOptions, "form" | "text"> {
  const problems: string[] = [];
  const last = lastOfEach(entries, problems);
  const found: { gpuCode: string | null; trtVer: string | null; cudaVer: string | null; mcpu: string | null } = {
    gpuCode: null,
    trtVer: null,
    cudaVer: null,
    mcpu: null,
  };
  let mattr: readonly string[] = [];
  const other: [string, string][] = [];
  for (const [key, value] of last) {
    const known = Object.hasOwn(ONE_TEXT, key) ? ONE_TEXT[key as keyof typeof ONE_TEXT] : undefined;
    if (known !== undefined) found[known.member] = oneText(key, value, known, problems);
    else if (key === "mattr") mattr = flags(value, problems);
    else other.push([key, textOf(value)]);
  }
  // fromEntries defines members, so a key named __proto__ is a member like any other.
  return { ...found, mattr, other: Object.fromEntries(other), problems: bounded(problems) };
}

const MOST_PROBLEMS = 20;

function bounded(problems: readonly string[]): readonly string[] {
  const more = problems.length - MOST_PROBLEMS;
  return more <= 0 ? problems : [...problems.slice(0, MOST_PROBLEMS), `and ${more} more`];
}

/** One value for each key, in the order first met; of a key given twice the last counts, as in every JSON reader. */
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

function oneText(
  key: string,
  value: Loose,
  rule: { readonly form: RegExp; readonly needed: string },
  problems: string[],
): string | null {
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

/** A value as text: text as it is, everything else as JSON. */
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
