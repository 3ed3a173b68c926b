import { type Finding, RULE_IDS, type RuleId } from "../../drift/finding.js";
import { counts, NON_DECIDING } from "../../drift/verdict.js";
import type { CompleteReport, Report } from "../report.js";

/** One rule's result, in the terms of a test runner. */
export interface RuleAnswer {
  readonly rule: RuleId;
  /** FAIL: drift. ERROR: unknown, and the rule decides. SKIP: not applicable, waived, or unknown without deciding. */
  readonly state: "PASS" | "FAIL" | "ERROR" | "SKIP";
  /** The findings that decide the state; for PASS, notes that are worth showing all the same. */
  readonly findings: readonly Finding[];
}

/**
 * Every rule in the report, in the order of RULE_IDS. Some rule has FAIL or ERROR exactly if the exit code of `check`
 * is not 0.
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

/** The job with its project if that is known; the component if the model was chosen by that alone. */
export function jobLabel(report: Pick<Report, "job" | "component">): string {
  return (
    [report.job.project, nameIn(report)].filter((word) => word !== null && word !== "").join("/") ||
    "job without a name"
  );
}

/** The job's name; the component's if the model was chosen by that alone. */
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
