import { describe, expect, it } from "vitest";
import { notChecked } from "../../src/drift/compare.js";
import { type Finding, type Outcome, RULE_IDS, type RuleId, type Severity } from "../../src/drift/finding.js";
import { verdictOf } from "../../src/drift/verdict.js";

const finding = (
  outcome: Outcome,
  severity: Severity,
  rule: RuleId = "compiler.trt-ver",
  more: Partial<Finding> = {},
): Finding => ({
  rule,
  path: "p",
  expected: null,
  actual: null,
  outcome,
  severity,
  because: "",
  evidence: [],
  remedy: [],
  fingerprint: "0",
  ...more,
});
const MATCH = finding("MATCH", "INFO");
const UNKNOWN = finding("UNKNOWN", "WARNING");
const axes = (...findings: Finding[]) => {
  const { drift, runnable } = verdictOf(findings);
  return `${drift} ${runnable}`;
};

describe("verdictOf", () => {
  it.each([
    ["IN_SYNC RUNNABLE", [MATCH, finding("NOT_APPLICABLE", "INFO")]],
    ["UNKNOWN CANNOT_TELL", [MATCH, UNKNOWN]],
    ["DRIFTED RUNNABLE", [finding("DRIFT", "INFO")]],
    ["DRIFTED RUNNABLE_UNTESTED", [MATCH, finding("DRIFT", "WARNING")]],
    ["DRIFTED RUNNABLE_UNTESTED", [finding("DRIFT", "ERROR")]],
    ["DRIFTED CANNOT_TELL", [finding("DRIFT", "WARNING"), UNKNOWN]],
    ["DRIFTED CANNOT_TELL", [finding("DRIFT", "ERROR"), UNKNOWN]],
    ["DRIFTED WILL_NOT_RUN", [finding("DRIFT", "BLOCKING"), UNKNOWN]],
    ["IN_SYNC RUNNABLE", [MATCH, finding("UNKNOWN", "WARNING", "job.source-age")]],
    [
      "IN_SYNC RUNNABLE",
      [MATCH, finding("UNKNOWN", "INFO", "device.memory"), finding("UNKNOWN", "INFO", "device.access")],
    ],
    ["DRIFTED RUNNABLE_UNTESTED", [finding("DRIFT", "WARNING", "device.memory")]],
    ["UNKNOWN CANNOT_TELL", [finding("UNKNOWN", "WARNING", "job.status")]],
  ])("is %s", (expected, findings) => {
    expect(axes(...findings)).toBe(expected);
  });

  it("leaves out what is waived and what is not raised yet, and counts what is not cleared yet", () => {
    const waived = { waived: { reason: "known", expires: null } };
    const damped = (state: "RISING" | "FALLING") => ({ damped: { state, checks: 1, needed: 2 } });
    expect(axes(finding("DRIFT", "BLOCKING", "target.os", waived))).toBe("IN_SYNC RUNNABLE");
    expect(axes(finding("UNKNOWN", "WARNING", "target.os", waived))).toBe("IN_SYNC RUNNABLE");
    expect(axes(finding("DRIFT", "BLOCKING", "target.os", damped("RISING")))).toBe("IN_SYNC RUNNABLE");
    expect(axes(finding("DRIFT", "BLOCKING", "target.os", damped("FALLING")))).toBe("DRIFTED WILL_NOT_RUN");
  });
});

describe("notChecked", () => {
  it("answers every rule without judging the machine", () => {
    const verdict = notChecked("Nobody answers");
    expect([verdict.drift, verdict.runnable, verdict.findings.map(({ rule }) => rule)]).toEqual([
      "NOT_CHECKED",
      "CANNOT_TELL",
      [...RULE_IDS],
    ]);
    expect(
      verdict.findings.map(({ rule, outcome }) => rule.startsWith("job.") === (outcome === "UNKNOWN")),
    ).not.toContain(false);
  });
});
