import { RULE_IDS } from "../../drift/finding.js";
import type { Row } from "../store/database.js";
import { textIn, textOrNull, textsIn } from "./row-values.js";
import { outcomeIn, severityIn, weightOf } from "./verdict-rank.js";
import type { FindingView } from "./views.js";

/** The columns of `finding` that a view shows; `f` is the table's alias. */
export const FINDING_COLUMNS =
  "f.thing, f.project, f.job, f.rule, f.path, f.expected, f.actual, f.outcome, f.severity, f.because, f.remedy, f.cause, f.since, f.until, f.fingerprint";

export function findingView(row: Row): FindingView {
  return {
    project: textIn(row, "project"),
    job: textIn(row, "job"),
    rule: ruleIn(row),
    path: textIn(row, "path"),
    expected: textOrNull(row, "expected"),
    actual: textOrNull(row, "actual"),
    outcome: outcomeIn(textIn(row, "outcome")),
    severity: severityIn(textIn(row, "severity")),
    because: textIn(row, "because"),
    remedy: textsIn(row, "remedy"),
    cause: textIn(row, "cause"),
    since: textIn(row, "since"),
    until: textOrNull(row, "until"),
  };
}

/** A newer device may name a rule that this version does not know, which is shown by its id. */
export function ruleIn(row: Row): FindingView["rule"] {
  return textIn(row, "rule") as FindingView["rule"];
}

/** Most severe first, then in the order of the rules, then oldest first. */
export function byWeight(a: FindingView, b: FindingView): number {
  return (
    weightOf(b.severity, b.outcome) - weightOf(a.severity, a.outcome) ||
    RULE_IDS.indexOf(a.rule) - RULE_IDS.indexOf(b.rule) ||
    (a.since < b.since ? -1 : a.since > b.since ? 1 : 0) ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  );
}

/** The condition for findings that are open, or were open at that time; to be joined to others with AND. */
export function openThen(alias: string, at: string | null): string {
  if (at === null) return `${alias}.until IS NULL`;
  return `${alias}.since <= ${at} AND (${alias}.until IS NULL OR ${alias}.until > ${at})`;
}
