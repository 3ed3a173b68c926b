import type { Drift, Runnable, Severity } from "../../drift/finding.js";
import type { Report } from "../report.js";
import { nameIn } from "./answers.js";

const DRIFTS: readonly Drift[] = ["IN_SYNC", "DRIFTED", "UNKNOWN", "NOT_CHECKED"];
const RUNNABLES: readonly Runnable[] = ["RUNNABLE", "RUNNABLE_UNTESTED", "WILL_NOT_RUN", "CANNOT_TELL"];
const SEVERITIES: readonly Severity[] = ["BLOCKING", "ERROR", "WARNING", "INFO"];

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/**
 * Prometheus' text exposition format 0.0.4, as node_exporter's textfile collector reads it: the newest report of each job on
 * each machine, no time stamps on samples.
 */
export function renderPrometheus(reports: readonly Report[]): string {
  const newest = [...new Map(reports.map((report) => [JSON.stringify(labelsOf(report)), report])).values()];
  const each = (samples: (report: Report) => readonly Sample[]) => newest.flatMap(samples);
  return [
    ...gauge("packdrift_drift", "Whether the device matches the job: 1 for the current state.", each(drift)),
    ...gauge("packdrift_runnable", "Whether the packaged model will run: 1 for the answer that holds.", each(runnable)),
    ...gauge(
      "packdrift_findings",
      "Drift findings by severity, without those that are waived or not yet raised.",
      each(findings),
    ),
    ...gauge("packdrift_findings_unknown", "Properties that could not be determined.", each(unknown)),
    ...gauge("packdrift_findings_waived", "Findings that a waiver covers.", each(waived)),
    ...gauge("packdrift_checked_timestamp_seconds", "When the check was made, in Unix time.", each(checked)),
    "",
  ].join("\n");
}

function labelsOf(report: Report): Labels {
  return { thing: report.thing, project: report.job.project ?? "", job: nameIn(report) ?? "" };
}

function drift(report: Report): Sample[] {
  return DRIFTS.map((state) => [{ ...labelsOf(report), state }, report.drift === state ? 1 : 0]);
}

function runnable(report: Report): Sample[] {
  return RUNNABLES.map((state) => [{ ...labelsOf(report), state }, report.runnable === state ? 1 : 0]);
}

function findings(report: Report): Sample[] {
  const { blocking, error, warning, info } = report.counts;
  const numbers = { BLOCKING: blocking, ERROR: error, WARNING: warning, INFO: info };
  return SEVERITIES.map((severity) => [{ ...labelsOf(report), severity }, numbers[severity]]);
}

function unknown(report: Report): Sample[] {
  return [[labelsOf(report), report.counts.unknown]];
}

function waived(report: Report): Sample[] {
  return [[labelsOf(report), report.counts.waived]];
}

function checked(report: Report): Sample[] {
  return [[labelsOf(report), Date.parse(report.checkedAt) / 1_000]];
}

function gauge(name: string, help: string, samples: readonly Sample[]): string[] {
  const lines = samples.map(([labels, value]) => {
    const inner = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    return `${name}{${inner.join(",")}} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

function escaped(text: string): string {
  return text
    .replace(/\\/g, "\\\\")
    .replace(/"/g, '\\"')
    .replace(/\n/g, "\\n")
    .replace(/\p{Cc}/gu, " ");
}
