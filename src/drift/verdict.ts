import type { Drift, Finding, RuleId, Runnable, Verdict } from "./finding.js";

/** Rules whose UNKNOWN leaves both axes unchanged; an UNKNOWN of any other rule means that packdrift cannot decide. */
export const NON_DECIDING: readonly RuleId[] = [
  "job.source-age",
  "device.memory",
  "device.access",
  "device.cuda-driver",
  "device.glibc",
  "model.libraries",
  "model.agrees",
];

/**
 * Summarizes findings as the two axes, as the rule table says. Findings that are waived or not raised yet do not count.
 * A verdict by the model's files alone was never tested as described, so it is RUNNABLE_UNTESTED at best.
 */
export function verdictOf(findings: readonly Finding[]): Verdict {
  let drifted = false;
  let unknown = false;
  let blocked = false;
  let untested = false;
  for (const finding of findings) {
    if (finding.basis === "MODEL") untested = true;
    if (!counts(finding)) continue;
    if (finding.outcome === "DRIFT") {
      drifted = true;
      if (finding.severity === "BLOCKING") blocked = true;
      else if (finding.severity !== "INFO") untested = true;
    } else if (finding.outcome === "UNKNOWN" && !NON_DECIDING.includes(finding.rule)) {
      unknown = true;
    }
  }
  const drift: Drift = drifted ? "DRIFTED" : unknown ? "UNKNOWN" : "IN_SYNC";
  const runnable: Runnable = blocked
    ? "WILL_NOT_RUN"
    : unknown
      ? "CANNOT_TELL"
      : untested
        ? "RUNNABLE_UNTESTED"
        : "RUNNABLE";
  return { drift, runnable, findings };
}

/** Whether a finding counts for the two axes: not if it is waived, or still waits for more checks. */
export function counts(finding: Finding): boolean {
  return finding.waived === undefined && finding.damped?.state !== "RISING";
}
