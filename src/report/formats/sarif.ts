import type { Finding } from "../../drift/finding.js";
import { RULE_TABLE, type RuleRow } from "../../drift/rule-table.js";
import { counts } from "../../drift/verdict.js";
import type { CompleteReport, Report } from "../report.js";
import { findingReason, isNote, jobLabel, nameIn, subjectOf } from "./answers.js";

/**
 * SARIF 2.1.0: one run, every rule with its help, a result for each finding that is a drift or unknown. Waived ones are
 * suppressed. Heartbeats add no results, and neither do rules that match or do not apply.
 */
export function renderSarif(reports: readonly Report[], packdriftVersion: string): string {
  const complete = reports.filter((report): report is CompleteReport => report.kind === "COMPLETE");
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "packdrift", version: packdriftVersion, rules: RULE_TABLE.map(descriptor) } },
        columnKind: "utf16CodeUnits",
        invocations: reports.map((report) => ({
          executionSuccessful: true,
          endTimeUtc: report.checkedAt,
          properties: { thing: report.thing, job: jobLabel(report), drift: report.drift, runnable: report.runnable },
        })),
        results: complete.flatMap((report) => report.findings.filter(isListed).map((one) => result(one, report))),
      },
    ],
  };
  return `${JSON.stringify(log, null, 1)}\n`;
}

function descriptor({ id, compares, decision, severities, source }: RuleRow) {
  return {
    id,
    name: id.replace(/(?:^|[.-])(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `${compares}.` },
    fullDescription: { text: `${decision}.` },
    help: { text: `${decision}. Follows: ${source}.`, markdown: `${decision}.\n\nFollows: *${source}*.` },
    defaultConfiguration: { level: severities[0] === undefined ? "note" : LEVELS[severities[0]] },
  };
}

function isListed(finding: Finding): boolean {
  return finding.outcome !== "NOT_APPLICABLE" || isNote(finding);
}

const LEVELS = { BLOCKING: "error", ERROR: "error", WARNING: "warning", INFO: "note" } as const;

function result(finding: Finding, report: CompleteReport) {
  const { rule, path, fingerprint, waived, remedy, expected, actual, severity, outcome } = finding;
  const failed = outcome === "DRIFT" && (counts(finding) || waived !== undefined);
  const uri = fileOf(report.job.source);
  return {
    ruleId: rule,
    ruleIndex: RULE_TABLE.findIndex(({ id }) => id === rule),
    // SARIF 3.27.10: a result that is no failure has no level.
    kind: failed ? "fail" : outcome === "UNKNOWN" ? "open" : "informational",
    level: failed ? LEVELS[severity] : "none",
    message: { text: `${subjectOf(report)}: ${finding.because}.${remedy[0] === undefined ? "" : ` ${remedy[0]}.`}` },
    locations: [
      {
        ...(uri === null ? {} : { physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } } }),
        logicalLocations: [
          { name: path.slice(path.lastIndexOf(".") + 1), fullyQualifiedName: path, kind: "member" },
          { name: report.thing, fullyQualifiedName: report.thing, kind: "resource" },
        ],
      },
    ],
    partialFingerprints: {
      "packdrift/1": fingerprint,
      "packdriftSubject/1": JSON.stringify([report.thing, report.job.project, nameIn(report)]),
    },
    ...(waived === undefined ? {} : { suppressions: [{ kind: "external", justification: findingReason(finding) }] }),
    properties: { outcome, severity, expected, actual, evidence: finding.evidence, remedy },
  };
}

/** The file that the job was read from, as a URI reference; null for other sources. */
function fileOf(source: string | null): string | null {
  if (!source?.startsWith("file ")) return null;
  const path = source.slice("file ".length);
  // A lone surrogate has no URI.
  const encoded = encodeURI(path.replace(/[\uD800-\uDFFF]/gu, "\uFFFD")).replace(/[?#]/g, encodeURIComponent);
  return path.startsWith("/") ? `file://${encoded}` : encoded.replace(/^([^/]*):/, "./$1:");
}
