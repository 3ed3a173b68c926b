import type { Finding } from "../../drift/finding.js";
import type { Report } from "../report.js";
import { findingReason, jobLabel, type RuleAnswer, ruleAnswers, subjectOf } from "./answers.js";

/**
 * JUnit XML as Jenkins, GitLab and Azure read it: a test suite per report, a test case per rule. A drift is a failure,
 * an unknown of a rule that decides is an error; anything else that does not match is skipped, with its reason. A
 * heartbeat is one case.
 */
export function renderJunit(reports: readonly Report[]): string {
  const suites = reports.map(suiteOf);
  const total = (key: "tests" | "failures" | "errors" | "skipped") =>
    suites.reduce((sum, suite) => sum + suite[key], 0);
  const counted = `tests="${total("tests")}" failures="${total("failures")}" errors="${total("errors")}" skipped="${total("skipped")}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="packdrift" ${counted} time="0">`,
    ...suites.flatMap(({ lines }) => lines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteOf(report: Report) {
  const answers = report.kind === "COMPLETE" ? ruleAnswers(report) : [];
  const number = (state: RuleAnswer["state"]) => answers.filter((answer) => answer.state === state).length;
  const cases = answers.map((answer) => testCase(report, answer));
  const unchanged = heartbeatCase(report);
  const sums = {
    tests: cases.length + unchanged.length,
    failures: number("FAIL"),
    errors: number("ERROR"),
    skipped: number("SKIP") + unchanged.length,
  };
  const attributes = [
    `name="${xml(subjectOf(report))}"`,
    ...Object.entries(sums).map(([key, sum]) => `${key}="${sum}"`),
    `time="0" timestamp="${xml(report.checkedAt.slice(0, 19))}" hostname="${xml(report.thing)}"`,
  ];
  const properties = { id: report.id, drift: report.drift, runnable: report.runnable, trigger: report.trigger };
  const lines = [
    `  <testsuite ${attributes.join(" ")}>`,
    "    <properties>",
    ...Object.entries(properties).map(([name, value]) => `      <property name="${name}" value="${xml(value)}"/>`),
    "    </properties>",
    ...cases,
    ...unchanged,
    "  </testsuite>",
  ];
  return { ...sums, lines };
}

function testCase(report: Report, { rule, state, findings }: RuleAnswer): string {
  const open = `    <testcase name="${rule}" classname="${className(report)}" time="0"`;
  const [first] = findings;
  if (first === undefined) return `${open}/>`;
  const message = xml(findings.map(findingReason).join("; "));
  if (state === "PASS") return `${open}><system-out>${message}</system-out></testcase>`;
  if (state === "SKIP") return `${open}><skipped message="${message}"/></testcase>`;
  const tag = state === "FAIL" ? "failure" : "error";
  const type = state === "FAIL" ? first.severity : "UNKNOWN";
  const text = xml(findings.map(paragraph).join("\n\n"));
  return `${open}><${tag} message="${message}" type="${type}">${text}</${tag}></testcase>`;
}

/** Without findings there are no rules to report: one case says so. */
function heartbeatCase(report: Report): string[] {
  if (report.kind === "COMPLETE") return [];
  const open = `    <testcase name="heartbeat" classname="${className(report)}" time="0">`;
  return [`${open}<skipped message="No change since the last complete report: ${report.drift}"/></testcase>`];
}

/** Dots separate levels: `packdrift.thing.project/job`. */
function className(report: Report): string {
  return xml(["packdrift", report.thing, jobLabel(report)].map((word) => word.replace(/\./g, "_")).join("."));
}

function paragraph(finding: Finding): string {
  return [
    finding.because,
    `path: ${finding.path}`,
    ...(finding.expected === null ? [] : [`expected: ${finding.expected}`]),
    ...(finding.actual === null ? [] : [`actual: ${finding.actual}`]),
    ...finding.evidence.map(({ from, value }) => `evidence: ${from}: ${value}`),
    ...finding.remedy.map((remedy) => `fix: ${remedy}`),
  ].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text for an attribute or an element: what XML 1.0 cannot hold at all (Char, production 2) becomes U+FFFD. */
function xml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? "").replace(NO_XML, "\uFFFD");
}

const NO_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]|[\u{7F}-\u{9F}]/gu;
