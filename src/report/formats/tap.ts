import type { Finding } from "../../drift/finding.js";
import type { Report } from "../report.js";
import { findingReason, type RuleAnswer, ruleAnswers, subjectOf } from "./answers.js";

/** TAP version 14: a subtest per report, in it a test point per rule with the findings as YAML. A heartbeat is skipped. */
export function renderTap(reports: readonly Report[]): string {
  const lines = reports.flatMap((report, at) => {
    const point = `${at + 1} - ${word(subjectOf(report))}`;
    if (report.kind === "HEARTBEAT") return [`ok ${point} # SKIP no change: ${report.drift}`];
    const answers = ruleAnswers(report);
    const failed = answers.some(({ state }) => state === "FAIL" || state === "ERROR");
    return [
      `# Subtest: ${word(subjectOf(report))}`,
      ...answers.flatMap(testPoint).map((line) => `    ${line}`),
      `    1..${answers.length}`,
      `${failed ? "not ok" : "ok"} ${point}`,
    ];
  });
  return ["TAP version 14", ...lines, `1..${reports.length}`, ""].join("\n");
}

function testPoint({ rule, state, findings }: RuleAnswer, at: number): string[] {
  const point = `${at + 1} - ${rule}`;
  if (state === "PASS") return [`ok ${point}`, ...findings.map((note) => `# ${word(findingReason(note))}`)];
  if (state === "SKIP") return [`ok ${point} # SKIP ${word(findings.map(findingReason).join("; "))}`];
  const head = state === "FAIL" ? `not ok ${point}` : `not ok ${point}: could not be determined`;
  return [head, "  ---", "  findings:", ...findings.flatMap(diagnosis), "  ..."];
}

function diagnosis(finding: Finding): string[] {
  const { path, expected, actual, outcome, severity, because, evidence, remedy, fingerprint } = finding;
  const members = Object.entries({ message: because, outcome, severity, path, expected, actual, fingerprint });
  return [
    ...members.map(([key, value], at) => `  ${at === 0 ? "  - " : "    "}${key}: ${yaml(value)}`),
    `      evidence: ${yaml(evidence)}`,
    `      remedy: ${yaml(remedy)}`,
  ];
}

/** JSON is YAML, once the characters that YAML calls not printable are escaped too. */
function yaml(value: unknown): string {
  return JSON.stringify(value).replace(
    NOT_PRINTABLE,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const NOT_PRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** One line of text without anything that TAP would read as a directive. */
function word(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").replace(/[\\#]/g, "\\$&");
}
