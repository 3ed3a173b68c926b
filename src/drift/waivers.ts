import { type Finding, RULE_IDS, type RuleId, type Verdict } from "./finding.js";
import { match, type Statement } from "./make-finding.js";
import { SOURCES } from "./sources.js";
import { verdictOf } from "./verdict.js";

/** A difference that someone has decided to accept. */
export interface Waiver {
  /** A rule id; one that does not exist covers nothing. */
  readonly rule: string;
  /** Property path; every path of the rule when null or absent. */
  readonly path?: string | null;
  readonly reason: string;
  /** An ISO 8601 instant, or a date, which is covered until its end in UTC; null or undefined: no end. */
  readonly expires?: string | null;
}

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/**
 * Marks the findings that a waiver covers: they stay visible but do not count. An expired waiver covers nothing and
 * adds a finding of its own, which says nothing new about the machine.
 */
export function applyWaivers(findings: readonly Finding[], waivers: readonly Waiver[], now: string): Finding[] {
  const valid = waivers.filter((waiver) => !isExpired(waiver, now));
  const marked = findings.map((finding) => {
    const waiver = isOpen(finding) ? valid.find((one) => covers(one, finding)) : undefined;
    return waiver ? { ...finding, waived: { reason: waiver.reason, expires: waiver.expires ?? null } } : finding;
  });
  const expired = waivers.flatMap((waiver) => {
    const rule = RULE_IDS.find((id) => id === waiver.rule);
    return rule !== undefined && isExpired(waiver, now) ? [expiredFinding(waiver, rule, marked)] : [];
  });
  return [...marked, ...expired].sort((a, b) => RULE_IDS.indexOf(a.rule) - RULE_IDS.indexOf(b.rule));
}

/** The verdict with the waivers applied and both axes recomputed. */
export function waive(verdict: Verdict, waivers: readonly Waiver[], now: string): Verdict {
  if (verdict.drift === "NOT_CHECKED" || waivers.length === 0) return verdict;
  return verdictOf(applyWaivers(verdict.findings, waivers, now));
}

function covers(waiver: Waiver, finding: Finding): boolean {
  return waiver.rule === finding.rule && (waiver.path ?? finding.path) === finding.path;
}

function isOpen(finding: Finding): boolean {
  return finding.outcome === "DRIFT" || finding.outcome === "UNKNOWN";
}

/** Whether a waiver has expired. A date that cannot be read must not hide anything, so it counts as expired. */
export function isExpired({ expires }: Waiver, now: string): boolean {
  if (expires === undefined || expires === null) return false;
  const end = Date.parse(expires) + (DATE_ONLY.test(expires) ? DAY_MS : 0);
  return !(Date.parse(now) < end);
}

function expiredFinding(waiver: Waiver, rule: RuleId, findings: readonly Finding[]): Finding {
  const covered = findings.filter((finding) => isOpen(finding) && !finding.waived && covers(waiver, finding));
  const outcome = covered.some((finding) => finding.outcome === "DRIFT")
    ? "DRIFT"
    : covered.length > 0
      ? "UNKNOWN"
      : "NOT_APPLICABLE";
  const path = waiver.path ?? covered[0]?.path ?? findings.find((finding) => finding.rule === rule)?.path ?? "";
  const statement: Statement = {
    rule,
    path,
    expected: "a waiver that is still valid",
    actual: `expired ${waiver.expires}`,
    evidence: [
      { from: "waiver", value: `${waiver.reason}, expires ${waiver.expires}` },
      { from: "rule", value: SOURCES.waiver },
    ],
  };
  const because = `The waiver for ${rule} ("${waiver.reason}") expired on ${waiver.expires} and no longer covers anything`;
  return { ...match(statement, because), outcome, severity: "WARNING" };
}
