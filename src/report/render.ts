import type { Finding } from "../drift/finding.js";
import type { CompleteReport, Heartbeat, Report } from "./report.js";

/** How to write for people: `colour` only on a terminal whose user has not set NO_COLOR. */
export interface TextStyle {
  readonly colour: boolean;
  /** Columns to wrap at, 60 or more. */
  readonly width: number;
}

/** A report as text that a person understands at a glance; ends with a line break. */
export function renderReport(report: Report, style: TextStyle): string {
  const lines = report.kind === "COMPLETE" ? complete(report, style) : heartbeatLines(report, style);
  return `${lines.join("\n")}\n`;
}

const DRIFT_WORDS = {
  IN_SYNC: "IN SYNC",
  DRIFTED: "DRIFTED",
  UNKNOWN: "CANNOT TELL WHETHER IT DRIFTED",
  NOT_CHECKED: "NOT CHECKED",
} as const;

const RUNNABLE_WORDS = {
  RUNNABLE: "the model will run here",
  RUNNABLE_UNTESTED: "the model should run here, but not as tested by AWS",
  WILL_NOT_RUN: "the model will not run here",
  CANNOT_TELL: "cannot tell whether the model will run here",
} as const;

function complete(report: CompleteReport, style: TextStyle): readonly string[] {
  const { job, component, counts } = report;
  const paint = painter(style.colour);
  const open = report.findings.filter((finding) => finding.outcome !== "NOT_APPLICABLE");
  const skipped = [...new Set(report.findings.filter((f) => f.outcome === "NOT_APPLICABLE").map((f) => f.rule))];
  const verdict = `${DRIFT_WORDS[report.drift]}: ${RUNNABLE_WORDS[report.runnable]}`;
  const part = report.part === undefined ? "" : `  part ${report.part.index} of ${report.part.of}`;
  return [
    paint(verdictColour(report), `${symbol(report)} ${verdict}`),
    ...row("device", `${report.thing}: ${deviceLine(report)}`, style),
    ...row(
      "job",
      `${job.project}/${job.name}${job.target === null ? "" : ` for ${job.target}`}${optionsOf(job)}`,
      style,
    ),
    ...row("component", `${component.name ?? "?"} ${component.expectedVersion ?? "?"}; ${deployedLine(report)}`, style),
    ...(job.unavailable === null ? [] : row("source", unavailableLine(report), style)),
    ...row("report", `${report.sequence} at ${report.checkedAt} by ${report.trigger}${part}`, style),
    ...(report.gaps ?? []).flatMap((gap) => row("lost", `reports ${gap.fromSequence} to ${gap.toSequence}`, style)),
    ...report.agent.problems.flatMap((problem) => row("agent", problem, style)),
    "",
    ...open.flatMap((finding) => findingLines(finding, style, paint)),
    ...row("✓", paint("green", `${counts.match} match`) + list(report.matches), style),
    ...(skipped.length === 0 ? [] : row("–", `${counts.notApplicable} do not apply${list(skipped)}`, style)),
  ];
}

function heartbeatLines(report: Heartbeat, style: TextStyle): readonly string[] {
  const paint = painter(style.colour);
  const text = `${DRIFT_WORDS[report.drift]}, no change: ${report.job.project}/${report.job.name} on ${report.thing}`;
  return [paint("dim", `♥ ${text} (heartbeat ${report.sequence} at ${report.checkedAt})`)];
}

function findingLines(finding: Finding, style: TextStyle, paint: Paint): readonly string[] {
  const waived = finding.waived !== undefined;
  const mark = waived
    ? "~"
    : finding.outcome === "UNKNOWN"
      ? "?"
      : finding.severity === "BLOCKING" || finding.severity === "ERROR"
        ? "✗"
        : "!";
  const word = waived ? "WAIVED" : finding.outcome === "UNKNOWN" ? "UNKNOWN" : finding.severity;
  const colour = waived ? "dim" : finding.outcome === "UNKNOWN" ? "blue" : mark === "✗" ? "red" : "yellow";
  const inner = { ...style, width: style.width - 4 };
  return [
    `${paint(colour, `${mark} ${word}`)} ${paint("bold", finding.rule)}`,
    ...indent(wrap(finding.because, inner.width)),
    ...(finding.expected === null ? [] : indent(row("asked", finding.expected, inner))),
    ...(finding.actual === null ? [] : indent(row("found", `${finding.actual}${placeOf(finding)}`, inner))),
    ...finding.remedy.flatMap((remedy, at) => indent(row(at === 0 ? "way out" : "or", remedy, inner))),
    ...(finding.waived === undefined ? [] : indent(row("waived", waiverLine(finding.waived), inner))),
    "",
  ];
}

function waiverLine(waived: { readonly reason: string; readonly expires?: string | null }): string {
  return `${waived.reason}${waived.expires ? ` (until ${waived.expires})` : ""}`;
}

function placeOf(finding: Finding): string {
  const places = [...new Set(finding.evidence.map((sighting) => sighting.from))].filter((from) => from.startsWith("/"));
  return places.length === 0 ? "" : ` (${places.slice(0, 3).join(", ")}${places.length > 3 ? ", …" : ""})`;
}

function deviceLine({ device }: CompleteReport): string {
  const gpu = device.gpus.length === 0 ? "no NVIDIA GPU" : device.gpus.join(", ");
  const jetpack = device.l4t === null ? null : `JetPack ${device.jetpack ?? "?"} (L4T ${device.l4t})`;
  const versions = [
    device.driver === null ? null : `driver ${device.driver}`,
    device.cuda === null ? null : `CUDA ${device.cuda}`,
    device.tensorrt === null ? null : `TensorRT ${device.tensorrt}`,
  ];
  return [device.product, device.arch ?? "unknown architecture", device.distro, device.cpu, gpu, jetpack, ...versions]
    .filter((word) => word !== null)
    .join(" · ");
}

function deployedLine({ component }: CompleteReport): string {
  if (component.deployedVersion === null) return "deployed version not known";
  return `deployed ${component.deployedVersion}${component.state === null ? "" : ` (${component.state})`}`;
}

function unavailableLine({ job }: CompleteReport): string {
  const copy = job.digest === null ? "no copy of the job is left" : `using the copy of ${job.fetchedAt}`;
  return `${job.unavailable?.reason}: ${job.unavailable?.message}; ${copy}`;
}

function optionsOf(job: CompleteReport["job"]): string {
  return job.compilerOptions === null ? "" : ` with ${job.compilerOptions}`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "" : `: ${names.join(", ")}`;
}

function symbol(report: Report): string {
  return { IN_SYNC: "✓", DRIFTED: "✗", UNKNOWN: "?", NOT_CHECKED: "?" }[report.drift];
}

type Colour = "red" | "green" | "yellow" | "blue" | "dim" | "bold";
type Paint = (colour: Colour, text: string) => string;

function verdictColour(report: Report): Colour {
  if (report.drift === "IN_SYNC") return report.runnable === "RUNNABLE" ? "green" : "yellow";
  if (report.drift === "DRIFTED") return report.runnable === "WILL_NOT_RUN" ? "red" : "yellow";
  return "blue";
}

/** The words of a colour around a text, or the text alone. */
export function painter(colour: boolean): Paint {
  const codes: Record<Colour, number> = { red: 31, green: 32, yellow: 33, blue: 34, dim: 2, bold: 1 };
  return (name, text) => (colour ? `\u001b[${codes[name]}m${text}\u001b[0m` : text);
}

function row(label: string, text: string, style: TextStyle): readonly string[] {
  const room = style.width - 12;
  return wrap(text, room).map((line, at) =>
    `${(at === 0 ? label : "").padEnd(label.length === 1 ? 2 : 11)}${line}`.trimEnd(),
  );
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${line}`);
}

/** Lines of at most `width` characters, broken at blanks where there are any; control characters are taken out. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of clean(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** What comes from a device or a job never moves a terminal's cursor: only our own colours pass. */
function clean(text: string): string {
  return text.replace(/\u001b\[(?:0|1|2|3[1-4])m|\p{Cc}/gu, (found) => (found.length > 1 ? found : " "));
}
