import { isObject, type JsonObject } from "../base/json.js";
import { sameAsFar, versionNumbers } from "../base/version.js";
import type { FactKey, Reading, Sighting } from "./facts.js";

/** One fact that an operator has declared, because it cannot be detected. */
export interface Declaration {
  readonly key: FactKey;
  /** Has the shape that FACT_VALUES requires for the key. */
  readonly value: unknown;
  /** The file, and the source that the operator gives: `/etc/packdrift/facts.d/site.json (asset register)`. */
  readonly from: string;
}

/**
 * Adds what was declared to a reading. A declaration fills in what is absent, unreadable or null. What was detected
 * stays, and a declaration that differs makes it DISPUTED: a drop-in is written once and outlives the state that it
 * describes, so if it won, it would hide every later drift.
 */
export function withDeclared<T>(key: FactKey, reading: Reading<T>, declared: readonly Declaration[]): Reading<T> {
  return declared.reduce((before, one) => (one.key === key ? put(before, one.value as T, one.from) : before), reading);
}

function put<T>(reading: Reading<T>, value: T, from: string): Reading<T> {
  if (reading.state !== "known") {
    const found = reading.state === "unreadable" ? `not readable: ${reading.why}` : "none";
    const seen = [...(reading.seen ?? []), { from: reading.from, value: found }];
    return { state: "known", value, from, confidence: "DECLARED", seen };
  }
  const { merged, filled, differs } = merge(reading.value, value);
  if (!filled && !differs) return reading;
  const detected: Sighting = { from: reading.from, value: inWords(reading.value) };
  return {
    state: "known",
    value: merged as T,
    from: filled ? `${from}, ${reading.from}` : reading.from,
    confidence: differs || reading.confidence === "DISPUTED" ? "DISPUTED" : "DECLARED",
    seen: [...(reading.seen ?? [detected]), { from, value: inWords(value) }],
  };
}

interface Merge {
  readonly merged: unknown;
  /** Whether the declaration adds something that was not detected. */
  readonly filled: boolean;
  /** Whether it contradicts what was detected. */
  readonly differs: boolean;
}

function merge(detected: unknown, declared: unknown): Merge {
  if (isNothing(declared)) return { merged: detected, filled: false, differs: false };
  if (isNothing(detected)) return { merged: declared, filled: true, differs: false };
  if (Array.isArray(detected) && Array.isArray(declared)) return mergeLists(detected, declared);
  if (isObject(detected) && isObject(declared)) return mergeMembers(detected, declared);
  return { merged: detected, filled: false, differs: !agree(detected, declared) };
}

function mergeMembers(detected: JsonObject, declared: JsonObject): Merge {
  // A library's files are either seen or not: only its version can be declared.
  const merges = Object.keys(declared).flatMap((key) =>
    key === "installed" ? [] : [[key, merge(detected[key], declared[key])] as const],
  );
  return {
    merged: { ...detected, ...Object.fromEntries(merges.map(([key, { merged }]) => [key, merged])) },
    filled: merges.some(([, { filled }]) => filled),
    differs: merges.some(([, { differs }]) => differs),
  };
}

/** Merges lists of things (GPUs, device nodes) item by item, and lists of words (features) as a whole. */
function mergeLists(detected: readonly unknown[], declared: readonly unknown[]): Merge {
  if (!declared.every(isObject) || !detected.every(isObject)) {
    return { merged: detected, filled: false, differs: !sameWords(detected, declared) };
  }
  const merged: unknown[] = [...detected];
  const left = new Set(detected.keys());
  let filled = false;
  let differs = false;
  for (const thing of declared) {
    const at = [...left].find((index) => isSameThing(detected[index] ?? {}, thing));
    if (at === undefined) {
      differs = true;
      continue;
    }
    left.delete(at);
    const one = merge(detected[at], thing);
    merged[at] = one.merged;
    filled ||= one.filled;
    differs ||= one.differs;
  }
  return { merged, filled, differs };
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

const IDENTITY = ["integrated", "address", "pciId", "path"];

/** Whether two descriptions can be of the same thing: nothing that identifies it differs. */
function isSameThing(a: JsonObject, b: JsonObject): boolean {
  return IDENTITY.every((key) => isNothing(a[key]) || isNothing(b[key]) || agree(a[key], b[key]));
}

function agree(a: unknown, b: unknown): boolean {
  if (typeof a !== "string" || typeof b !== "string") return a === b;
  if (a.toLowerCase() === b.toLowerCase()) return true;
  return versionNumbers(a) !== null && versionNumbers(b) !== null && sameAsFar(a, b);
}

function sameWords(a: readonly unknown[], b: readonly unknown[]): boolean {
  const words = new Set(a);
  return a.length === b.length && b.every((word) => words.has(word));
}

const LONGEST_WORDS = 200;

function inWords(value: unknown): string {
  if (typeof value === "string") return value;
  const version = isObject(value) && "installed" in value ? value.version : undefined;
  if (typeof version === "string") return version;
  const text = JSON.stringify(value);
  return text.length > LONGEST_WORDS ? `${text.slice(0, LONGEST_WORDS - 1)}…` : text;
}
