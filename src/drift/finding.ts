import type { Sighting } from "../device/facts.js";

/** The rule ids, in the order in which findings are listed. Fixed: dashboards and waivers name them. */
export const RULE_IDS = [
  "job.status",
  "job.consistent",
  "job.source-age",
  "target.os",
  "target.arch",
  "target.accelerator",
  "target.device",
  "compiler.gpu-code",
  "compiler.cuda-ver",
  "compiler.trt-ver",
  "compiler.driver",
  "compiler.mcpu",
  "compiler.mattr",
  "compiler.options",
  "component.deployed",
  "component.version",
  "component.state",
  "device.memory",
  "device.access",
  "device.cuda-driver",
  "device.glibc",
  "model.libraries",
  "model.agrees",
] as const;

export type RuleId = (typeof RULE_IDS)[number];

export type Outcome = "MATCH" | "DRIFT" | "UNKNOWN" | "NOT_APPLICABLE";
export type Severity = "BLOCKING" | "ERROR" | "WARNING" | "INFO";

/** Is the device what the job says? */
export type Drift = "IN_SYNC" | "DRIFTED" | "UNKNOWN" | "NOT_CHECKED";
/** Will the packaged model run here? */
export type Runnable = "RUNNABLE" | "RUNNABLE_UNTESTED" | "WILL_NOT_RUN" | "CANNOT_TELL";

/** One rule's answer about one property of the job. */
export interface Finding {
  readonly rule: RuleId;
  /** Property path in the job, as AWS spells it. */
  readonly path: string;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly outcome: Outcome;
  readonly severity: Severity;
  /** One sentence: why this outcome, without a full stop. */
  readonly because: string;
  /** Where each value was read, and the document that the rule follows (`from: "rule"`). */
  readonly evidence: readonly Sighting[];
  /** Fixes, the smallest first; empty where there is none. */
  readonly remedy: readonly string[];
  /** Hexadecimal; the same as long as rule, path, expected and actual are the same. */
  readonly fingerprint: string;
  /** Present when the requirement comes from the model's own files, because no description states it. */
  readonly basis?: "MODEL";
  /** Present when a waiver covers it: it stays visible and does not count toward the verdict. */
  readonly waived?: { readonly reason: string; readonly expires: string | null };
  /**
   * Present when damping changes how it is reported. RISING: seen, but not often enough to count yet.
   * FALLING: no longer seen, but not long enough to be cleared; it still counts.
   */
  readonly damped?: { readonly state: "RISING" | "FALLING"; readonly checks: number; readonly needed: number };
}

/** The two answers about one job on one machine, with the findings that they rest on. */
export interface Verdict {
  readonly drift: Drift;
  readonly runnable: Runnable;
  /** One or more findings for every rule id, in the order of RULE_IDS. */
  readonly findings: readonly Finding[];
}
