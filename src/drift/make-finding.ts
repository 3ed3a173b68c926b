import type { DeviceFacts, Reading, Sighting } from "../device/facts.js";
import type { LoaderAnswer } from "../device/loader-answers.js";
import type { JobOrigin } from "../job/job.js";
import type { Deployed } from "./deployed.js";
import type { Finding, Outcome, RuleId, Severity } from "./finding.js";
import { fingerprint } from "./fingerprint.js";
import type { Needs, Subject } from "./needs.js";

/**
 * The input of a comparison: one packaged model, one machine, one moment. Without a job, the model's own files are
 * compared alone.
 */
export interface CompareInput extends Subject {
  /** Null if the description's origin does not matter, as in preflight. */
  readonly origin: JobOrigin | null;
  readonly facts: DeviceFacts;
  /** What this machine's loader finds for the libraries that the model's files load; undefined if it was not asked. */
  readonly loadable?: readonly LoaderAnswer[];
  /** Null if nothing can be deployed there, as in preflight: the component rules do not apply. */
  readonly deployed: Deployed | null;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** From this age on, a copy that could have been renewed but was not is a warning; undefined means no limit. */
  readonly maxCopyAgeDays?: number;
}

/** The input of a rule: that of the comparison, and what the model needs. */
export interface Question extends CompareInput {
  readonly needs: Needs;
}

/** What a rule compares, before its outcome. */
export interface Statement {
  readonly rule: RuleId;
  readonly path: string;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly evidence: readonly Sighting[];
}

/** Why a rule about the description itself has nothing to compare. */
export const NO_DESCRIPTION = "There is no description of the job: the model's own files are compared";

/** Why a rule about the model's files has nothing to compare. */
export const NO_MODEL = "The packaged model's own files were not read";

/** The machine is what the job says. */
export function match(statement: Statement, because: string): Finding {
  return finding(statement, "MATCH", "INFO", because);
}

/** The machine is not what the job says. */
export function drift(severity: Severity, statement: Statement, because: string): Finding {
  return finding(statement, "DRIFT", severity, because);
}

/** It is unknown; WARNING if the rule decides, otherwise INFO. */
export function unknown(statement: Statement, because: string, severity: Severity = "WARNING"): Finding {
  return finding(statement, "UNKNOWN", severity, because);
}

/** The rule has nothing to compare here. */
export function notApplicable(rule: RuleId, path: string, because: string): Finding {
  return finding({ rule, path, expected: null, actual: null, evidence: [] }, "NOT_APPLICABLE", "INFO", because);
}

/**
 * Evidence: where a fact was read and what was found there, what other places said, and the document that the rule
 * follows.
 */
export function evidence(
  source: string,
  ...readings: readonly (readonly [Reading<unknown>, string | null | undefined])[]
): Sighting[] {
  const sightings: Sighting[] = [];
  for (const [reading, value] of readings) {
    sightings.push({ from: reading.from, value: value ?? absence(reading) });
    if (reading.seen) sightings.push(...reading.seen);
  }
  sightings.push({ from: "rule", value: source });
  return sightings;
}

/** Why a reading has no value, to follow "because". */
export function absence(reading: Reading<unknown>): string {
  if (reading.state === "unreadable") return `not readable: ${reading.why}`;
  return reading.state === "absent" ? "none" : "known";
}

function finding(statement: Statement, outcome: Outcome, severity: Severity, because: string): Finding {
  const { rule, path, expected, actual, evidence: sightings } = statement;
  return {
    rule,
    path,
    expected,
    actual,
    outcome,
    severity,
    because,
    evidence: sightings,
    remedy: [],
    fingerprint: fingerprint([rule, path, expected, actual]),
  };
}
