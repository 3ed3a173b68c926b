import type { Format } from "./format-names.js";
import { renderJunit } from "./formats/junit.js";
import { renderPrometheus } from "./formats/prometheus.js";
import { renderSarif } from "./formats/sarif.js";
import { renderTap } from "./formats/tap.js";
import { renderReport, type TextStyle } from "./render-report.js";
import type { Report } from "./report.js";

/** The reports of one check in a format; ends with a line break. JSON: always a list; each report names its schema. */
export function renderReports(reports: readonly Report[], format: Format, style: TextStyle): string {
  switch (format) {
    case "text":
      return reports.map((report) => renderReport(report, style)).join("\n");
    case "json":
      return `${JSON.stringify(reports, null, 1)}\n`;
    case "junit":
      return renderJunit(reports);
    case "tap":
      return renderTap(reports);
    case "prometheus":
      return renderPrometheus(reports);
    case "sarif":
      return renderSarif(reports, reports[0]?.agent.version ?? "0.0.0");
  }
}

/** 0 when every job is in sync, 1 when one has drifted, 2 when none has but one could not be determined. */
export function exitCodeOf(reports: readonly Pick<Report, "drift">[]): 0 | 1 | 2 {
  if (reports.some((report) => report.drift === "DRIFTED")) return 1;
  return reports.every((report) => report.drift === "IN_SYNC") ? 0 : 2;
}
