import { amount, anyObject, listOf, objectOf, oneOf, optional, orNull, type Shape, text } from "../base/shape.js";
import type { Sighting } from "../device/facts.js";
import { type Finding, RULE_IDS, type RuleId } from "./finding.js";

/** How many checks in a row raise a finding and how many clear it; 1 and 1 means no damping. */
interface Damping {
  readonly raiseAfter: number;
  readonly clearAfter: number;
}

/** Damping by rule; a rule without an entry is not damped. */
export type DampingRules = Readonly<Partial<Record<RuleId, Damping>>>;

/** What damping remembers about one job between checks, as plain JSON. Keys are the findings' subjects. */
export interface DampingState {
  readonly [subject: string]: {
    /** How many checks in a row contradicted the reported state. */
    readonly checks: number;
    /** The finding as last seen, if it is raised. */
    readonly raised: Finding | null;
  };
}

/** What damping remembers about all jobs of a device, by `project/job`. */
export type DampingMemory = Readonly<Record<string, DampingState>>;

const NONE: Damping = { raiseAfter: 1, clearAfter: 1 };

/**
 * Damps the findings of one check: a drift counts after N checks in a row (until then it is marked RISING), and is
 * reported for M more checks after it was last seen (marked FALLING). An UNKNOWN counts neither way.
 */
export function damp(
  state: DampingState,
  findings: readonly Finding[],
  rules: DampingRules,
): { readonly state: DampingState; readonly findings: Finding[] } {
  const next: Record<string, DampingState[string]> = {};
  const met = new Set<string>();
  const damped = findings.map((finding) => {
    const damping = rules[finding.rule];
    // A rule that is not damped needs no memory.
    if (damping === undefined) return finding;
    const subject = subjectOf(finding);
    if (met.has(subject)) return finding;
    met.add(subject);
    const before = state[subject] ?? { checks: 0, raised: null };
    if (finding.outcome === "DRIFT") return rise(finding, damping, before, subject, next);
    if (finding.outcome === "UNKNOWN") {
      if (before.raised !== null || before.checks > 0) next[subject] = before;
      return finding;
    }
    return fall(before, damping, subject, next) ?? finding;
  });
  // A contradiction that is resolved leaves no finding behind, so clear its subject here.
  for (const [subject, before] of Object.entries(state)) {
    if (met.has(subject) || before.raised === null) continue;
    const kept = fall(before, rules[before.raised.rule] ?? NONE, subject, next);
    if (kept !== null) insert(damped, kept);
  }
  return { state: next, findings: damped };
}

type Entry = DampingState[string];

function rise(
  finding: Finding,
  { raiseAfter }: Damping,
  before: Entry,
  subject: string,
  next: Record<string, Entry>,
): Finding {
  const checks = before.checks + 1;
  if (before.raised !== null || checks >= raiseAfter) {
    next[subject] = { checks: 0, raised: finding };
    return finding;
  }
  next[subject] = { checks, raised: null };
  return { ...finding, damped: { state: "RISING", checks, needed: raiseAfter } };
}

/** The raised finding until it is cleared; otherwise null. */
function fall(before: Entry, { clearAfter }: Damping, subject: string, next: Record<string, Entry>): Finding | null {
  const checks = before.checks + 1;
  if (before.raised === null || checks >= clearAfter) return null;
  next[subject] = { checks, raised: before.raised };
  return { ...before.raised, damped: { state: "FALLING", checks, needed: clearAfter } };
}

/** Parses the stored state. Throws ShapeError if it is not one. */
export function parseDampingMemory(json: unknown): DampingMemory {
  return recordOf(recordOf(entry))(json, "");
}

const entry: Shape<Entry> = objectOf<Entry>({
  checks: amount,
  raised: orNull(
    objectOf<Finding>({
      rule: oneOf(...RULE_IDS),
      path: text,
      expected: orNull(text),
      actual: orNull(text),
      outcome: oneOf("DRIFT"),
      severity: oneOf("BLOCKING", "ERROR", "WARNING", "INFO"),
      because: text,
      evidence: listOf(objectOf<Sighting>({ from: text, value: text })),
      remedy: listOf(text),
      fingerprint: text,
      basis: optional(oneOf("MODEL")),
    }),
  ),
});

function recordOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(Object.entries(anyObject(value, path)).map(([key, inner]) => [key, shape(inner, key)]));
}

// The actual value may change from check to check while the difference stays the same.
function subjectOf({ rule, path, expected }: Finding): string {
  return JSON.stringify([rule, path, expected]);
}

function insert(findings: Finding[], kept: Finding): void {
  const last = findings.map((finding) => finding.rule).lastIndexOf(kept.rule);
  findings.splice(last + 1, 0, kept);
}
