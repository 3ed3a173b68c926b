import type { Finding, Outcome, RuleId, Severity } from "../drift/finding.js";

/** The members of a finding that decide whether it follows from another. */
interface Explained {
  readonly rule: string;
  readonly outcome: Outcome;
  readonly severity: Severity;
  readonly waived?: unknown;
}

/** Findings to show in full, each with the rules whose findings follow from it. */
interface Shown {
  readonly finding: Finding;
  readonly consequences: readonly RuleId[];
}

const GPU_RULES: readonly RuleId[] = [
  "target.device",
  "compiler.gpu-code",
  "compiler.cuda-ver",
  "compiler.trt-ver",
  "compiler.driver",
  "device.cuda-driver",
  "device.access",
];

/** On another system or architecture no part of the model loads. */
const SYSTEM_RULES: readonly RuleId[] = [
  ...GPU_RULES,
  "compiler.mcpu",
  "compiler.mattr",
  "device.glibc",
  "model.libraries",
];

/**
 * The rules whose findings follow from a rule's: on the wrong architecture nothing fits, without a GPU no GPU software
 * does.
 */
const CONSEQUENCES: Readonly<Partial<Record<string, readonly string[]>>> = {
  "target.os": ["target.arch", "target.accelerator", ...SYSTEM_RULES],
  "target.arch": ["target.accelerator", ...SYSTEM_RULES],
  "target.accelerator": [...GPU_RULES, "model.libraries"],
  "target.device": ["compiler.gpu-code", "compiler.cuda-ver", "compiler.trt-ver"],
};

/**
 * Returns a function that gives, for each of these findings, the one it follows from, or undefined if it has a cause of
 * its own. An unknown does not explain a drift.
 */
export function causeAmong<F extends Explained>(findings: readonly F[]): (finding: F) => F | undefined {
  const causes = findings.filter(isCause);
  return (finding) =>
    causes.find(
      (cause) =>
        cause.rule !== finding.rule &&
        followsFrom(finding, cause) &&
        !causes.some((other) => followsFrom(cause, other)),
    );
}

/** The findings with a cause of their own, in order, each with the rules whose findings follow from it. */
export function withoutConsequences(findings: readonly Finding[]): readonly Shown[] {
  const causeOf = causeAmong(findings);
  return findings
    .filter((finding) => causeOf(finding) === undefined)
    .map((finding) => ({
      finding,
      consequences: [...new Set(findings.filter((one) => causeOf(one) === finding).map(({ rule }) => rule))],
    }));
}

function isCause(finding: Explained): boolean {
  if (!Object.hasOwn(CONSEQUENCES, finding.rule) || finding.waived !== undefined) return false;
  return finding.outcome === "UNKNOWN" || (finding.outcome === "DRIFT" && finding.severity === "BLOCKING");
}

function followsFrom(finding: Explained, cause: Explained): boolean {
  if (finding === cause || finding.waived !== undefined) return false;
  if (!(CONSEQUENCES[cause.rule] ?? []).includes(finding.rule)) return false;
  return finding.outcome === "UNKNOWN" || (finding.outcome === "DRIFT" && cause.outcome === "DRIFT");
}
