import { type Finding, RULE_IDS, type RuleId } from "../../drift/finding.js";
import { counts, NON_DECIDING } from "../../drift/verdict.js";
import type { CompleteReport, Report } from "../report.js";

/** One rule's answer as a test runner would put it. */
export interface RuleAnswer {
  readonly rule: RuleId;
  /** FAIL: drifted. ERROR: unknown, and it matters. SKIP: not asked, waived, or unknown and it does not matter. */
  readonly state: "PASS" | "FAIL" | "ERROR" | "SKIP";
  /** Those that make the state; for PASS what is worth telling all the same. */
  readonly findings: readonly Finding[];
}

/**
 * Every rule in the report, in the order of RULE_IDS. Something fails or errs exactly where the exit code of
 * `check` is not 0.
 */
export function ruleAnswers(report: CompleteReport): readonly RuleAnswer[] {
  return RULE_IDS.flatMap((rule): RuleAnswer[] => {
    const findings = report.findings.filter((finding) => finding.rule === rule);
    if (findings.length > 0) return [{ rule, ...stateOf(findings) }];
    return report.matches.includes(rule) ? [{ rule, state: "PASS", findings }] : [];
  });
}

function stateOf(findings: readonly Finding[]): Omit<RuleAnswer, "rule"> {
  const drifted = findings.filter((finding) => finding.outcome === "DRIFT" && counts(finding));
  if (drifted.length > 0) return { state: "FAIL", findings: drifted };
  const open = findings.filter(
    (finding) => finding.outcome === "UNKNOWN" && counts(finding) && !NON_DECIDING.includes(finding.rule),
  );
  if (open.length > 0) return { state: "ERROR", findings: open };
  return { state: findings.every(isNote) ? "PASS" : "SKIP", findings };
}

/** A notice that is not about the rule itself: an expired waiver, a conflict of another job. */
export function isNote({ outcome, severity }: Finding): boolean {
  return outcome === "NOT_APPLICABLE" && severity !== "INFO";
}

/** What a report is about, in words: `bolts/inspect-7 on line-4-camera-2`. */
export function subjectOf(report: Report): string {
  return `${jobLabel(report)} on ${report.thing}`;
}

/** The job with its project where that is known; the component of a model that was chosen by that alone. */
export function jobLabel(report: Pick<Report, "job" | "component">): string {
  return (
    [report.job.project, nameIn(report)].filter((word) => word !== null && word !== "").join("/") ||
    "job without a name"
  );
}

/** The job's name; the component's where a model was chosen by that alone. */
export function nameIn({ job, component }: Pick<Report, "job" | "component">): string | null {
  return job.name ?? (job.project === null ? (component.name ?? null) : null);
}

/** Why, in one line: a waiver's reason comes first, since it is what decides. */
export function findingReason(finding: Finding): string {
  if (finding.waived) {
    const until = finding.waived.expires === null ? "" : ` until ${finding.waived.expires}`;
    return `Waived${until}: ${finding.waived.reason} (${finding.because})`;
  }
  if (finding.damped?.state === "RISING") {
    return `Seen ${finding.damped.checks} of ${finding.damped.needed} times: ${finding.because}`;
  }
  return finding.because;
}
