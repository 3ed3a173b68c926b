import { type Colour, indent, labelled, type Paint, painter, type TextStyle, wrap } from "../base/terminal-text.js";
import type { Finding } from "../drift/finding.js";
import { NON_DECIDING } from "../drift/verdict.js";
import { withoutConsequences } from "./consequences.js";
import { jobLabel, subjectOf } from "./formats/answers.js";
import { modelTable } from "./model-table.js";
import type { CompleteReport, Heartbeat, Report } from "./report.js";

export type { TextStyle } from "../base/terminal-text.js";

/** A report as text for people; ends with a line break. */
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
  const { job, component } = report;
  const paint = painter(style.colour);
  const row = (label: string, text: string) => labelled(label, text, style.width);
  const part = report.part === undefined ? "" : `, part ${report.part.index} of ${report.part.of}`;
  const shown = withoutConsequences([...report.findings].sort((a, b) => readingRank(a) - readingRank(b)));
  const consequencesOf = new Map(shown.map((one) => [one.finding, one.consequences]));
  const findings = merged(shown.map(({ finding }) => finding));
  const notes = findings.filter(([first]) => readingRank(first) === NOTE);
  return [
    ...labelled(SYMBOLS[report.drift], `${DRIFT_WORDS[report.drift]}: ${runnableWords(report)}`, style.width, 2).map(
      (line) => paint(verdictColour(report), line),
    ),
    ...firstFix(shown.map(({ finding }) => finding)).flatMap((fix) => row("fix", fix)),
    ...(job.project === null ? [] : row("job", jobLine(report))),
    ...(isByFiles(report) ? row("model", modelLine(report)) : []),
    ...(job.compilerOptions === null ? [] : row("options", job.compilerOptions)),
    ...row("device", `${report.thing}: ${deviceLine(report)}`),
    ...(job.project === null && component.name === null ? [] : row("component", componentLine(report))),
    ...(job.unavailable === null ? [] : row("source", unavailableLine(report))),
    ...row("checked", `${report.checkedAt}, report ${report.sequence}, by ${report.trigger}${part}`),
    ...(report.gaps ?? []).flatMap((gap) => row("lost", `reports ${gap.fromSequence} to ${gap.toSequence}`)),
    ...report.agent.problems.flatMap((problem) => row("agent", problem)),
    "",
    ...modelTable(report, style.width),
    ...findings
      .filter(([first]) => readingRank(first) < NOTE)
      .flatMap((group) => {
        const rules = [...new Set(group.flatMap((finding) => consequencesOf.get(finding) ?? []))];
        return findingLines(group, rules, style, paint);
      }),
    ...notes.flatMap(([note]) => labelled("·", `${note.rule}: ${note.because}`, style.width, 2)),
    ...(notes.length === 0 ? [] : [""]),
    ...ruleList("✓", report.matches, ["matches", "match"], style, (line) => paint("green", line)),
    ...ruleList("–", notApplicable(report), ["does not apply", "do not apply"], style, (line) => paint("dim", line)),
  ];
}

function heartbeatLines(report: Heartbeat, style: TextStyle): readonly string[] {
  const text = `${DRIFT_WORDS[report.drift]}, no change: ${subjectOf(report)}`;
  const whole = `${text} (heartbeat ${report.sequence} at ${report.checkedAt})`;
  return labelled("♥", whole, style.width, 2).map((line) => painter(style.colour)("dim", line));
}

const NOTE = 6;
const HIDDEN = 7;

/**
 * The order in which findings are shown: those that keep the model from running, other drifts, unknowns, waived ones,
 * notes.
 */
function readingRank(finding: Finding): number {
  if (finding.outcome === "NOT_APPLICABLE") return finding.severity === "INFO" ? HIDDEN : NOTE;
  if (finding.waived !== undefined) return 5;
  if (finding.outcome === "UNKNOWN") return NON_DECIDING.includes(finding.rule) ? NOTE : 4;
  return { BLOCKING: 0, ERROR: 1, WARNING: 2, INFO: 3 }[finding.severity];
}

/** Findings of several rules with the same content are shown once. */
function merged(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const { because, expected, actual, remedy, outcome, severity } = finding;
    const key = JSON.stringify([outcome, severity, because, expected, actual, remedy, finding.waived, finding.damped]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

/** The first fix for the most severe drift; none if nothing drifted or no fix is known. */
function firstFix(findings: readonly Finding[]): readonly string[] {
  const first = findings.find(({ outcome, waived }) => outcome === "DRIFT" && waived === undefined);
  return first?.remedy.slice(0, 1) ?? [];
}

function findingLines(
  group: readonly [Finding, ...Finding[]],
  consequences: readonly string[],
  style: TextStyle,
  paint: Paint,
): readonly string[] {
  const [finding] = group;
  const { mark, word, colour } = headOf(finding);
  const rules = [...new Set(group.map(({ rule }) => rule))].join(", ");
  const width = style.width - 4;
  const row = (label: string, text: string) => labelled(label, text, width);
  const files = filesOf(finding);
  // That rule compares the files with the description, the others compare the machine with the files.
  const isAboutFiles = finding.rule === "model.agrees";
  return [
    `${paint(colour, `${mark} ${word}`)} ${paint("bold", rules)}`,
    ...indent([
      ...wrap(finding.because, width),
      ...(finding.expected === null ? [] : row("expected", `${finding.expected}${isAboutFiles ? "" : files}`)),
      ...(finding.actual === null
        ? []
        : row("actual", `${finding.actual}${isAboutFiles ? files : ""}${sourcesOf(finding)}`)),
      ...finding.remedy.flatMap((remedy, at) => row(at === 0 ? "fix" : "or", remedy)),
      ...(consequences.length === 0 ? [] : row("also", consequences.join(", "))),
      ...(finding.waived === undefined ? [] : row("waived", waiverLine(finding.waived))),
      ...(finding.damped === undefined ? [] : row("damped", dampingLine(finding.damped))),
    ]),
    "",
  ];
}

function headOf(finding: Finding): { readonly mark: string; readonly word: string; readonly colour: Colour } {
  if (finding.waived !== undefined) return { mark: "~", word: "WAIVED", colour: "dim" };
  if (finding.outcome === "UNKNOWN") return { mark: "?", word: "UNKNOWN", colour: "blue" };
  const grave = finding.severity === "BLOCKING" || finding.severity === "ERROR";
  return { mark: grave ? "✗" : "!", word: finding.severity, colour: grave ? "red" : "yellow" };
}

function waiverLine({ reason, expires }: NonNullable<Finding["waived"]>): string {
  return `${reason}${expires ? ` (until ${expires})` : ""}`;
}

function dampingLine({ state, checks, needed }: NonNullable<Finding["damped"]>): string {
  const seen = state === "RISING" ? "seen, counts after" : "no longer seen, clears after";
  return `${seen} ${needed} checks in a row, ${checks} so far`;
}

const MODEL = "model ";

/** The model's files that state the value; their folders are long, and the same for all. */
function filesOf({ evidence, because }: Finding): string {
  const names = evidence.flatMap(({ from }) => nameAndPlace(from) ?? []);
  const shown = [...new Set(names)].filter((name) => !because.includes(name));
  return shown.length === 0 ? "" : ` (${shown.slice(0, 2).join("; ")}${shown.length > 2 ? "; …" : ""})`;
}

/** `compiled.so (.dynsym)` of `model /path/compiled.so (.dynsym)`; null for other evidence. */
function nameAndPlace(from: string): string | null {
  const place = from.lastIndexOf(" (");
  if (!from.startsWith(MODEL) || !from.endsWith(")") || place < 0) return null;
  const name = Math.max(from.lastIndexOf("/", place) + 1, MODEL.length);
  return name < place ? from.slice(name) : null;
}

/** Where the value was read, unless the value itself says so. */
function sourcesOf({ evidence, actual }: Finding): string {
  const paths = [...new Set(evidence.map(({ from }) => from))].filter(
    (from) => from.startsWith("/") && actual?.includes(from) !== true,
  );
  return paths.length === 0 ? "" : ` (${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ", …" : ""})`;
}

/** Rules that do not apply and have nothing else to say. */
function notApplicable({ findings }: CompleteReport): readonly string[] {
  const shown = new Set(findings.filter((one) => readingRank(one) !== HIDDEN).map(({ rule }) => rule));
  return [...new Set(findings.map(({ rule }) => rule))].filter((rule) => !shown.has(rule));
}

function ruleList(
  mark: string,
  rules: readonly string[],
  [one, several]: readonly [string, string],
  style: TextStyle,
  paint: (line: string) => string,
): readonly string[] {
  if (rules.length === 0) return [];
  const number = rules.length === 1 ? `1 rule ${one}` : `${rules.length} rules ${several}`;
  return labelled(mark, `${number}: ${rules.join(", ")}`, style.width, 2).map(paint);
}

function runnableWords(report: CompleteReport): string {
  const { runnable, drift, job } = report;
  if (drift === "NOT_CHECKED") {
    if (job.project !== null) return "there is no description of the job to compare with";
    return report.component.name === null
      ? "there is no job to check"
      : "there is neither a description of the model nor a file of it";
  }
  if (runnable === "RUNNABLE_UNTESTED" && isByFiles(report)) return BY_FILES;
  return RUNNABLE_WORDS[runnable];
}

const BY_FILES = "the model should run here, as far as its own files tell";

/** Whether the model was compared by its own files, without a description. */
function isByFiles({ job, model, drift }: CompleteReport): boolean {
  return model !== undefined && job.digest === null && job.status === null && drift !== "NOT_CHECKED";
}

function modelLine({ component, model }: CompleteReport): string {
  const name = model?.component ?? component.name ?? "without a name";
  return `${name}${model?.version == null ? "" : ` ${model.version}`}, compared by its own files: no description of its job was found`;
}

function jobLine(report: CompleteReport): string {
  const { job } = report;
  const version = job.modelVersion === null ? "" : `, model version ${job.modelVersion}`;
  return `${jobLabel(report)}${version}${job.target === null ? "" : `, packaged for ${job.target}`}`;
}

function componentLine(report: CompleteReport): string {
  const { name, expectedVersion } = report.component;
  // Only a description expects a version.
  const expected = report.job.project === null && expectedVersion === null ? "" : ` ${expectedVersion ?? "?"}`;
  return `${name ?? "?"}${expected}; ${deployedLine(report)}`;
}

function deviceLine({ device }: CompleteReport): string {
  const jetpack = device.l4t === null ? null : `JetPack ${device.jetpack ?? "?"} (L4T ${device.l4t})`;
  const versions = [
    device.driver === null ? null : `driver ${device.driver}`,
    device.cuda === null ? null : `CUDA ${device.cuda}`,
    device.tensorrt === null ? null : `TensorRT ${device.tensorrt}`,
  ];
  const { product, arch, distro, cpu } = device;
  return [product, arch ?? "unknown architecture", distro, cpu, gpuWords(device.gpus), jetpack, ...versions]
    .filter((word) => word !== null)
    .join(" · ");
}

function gpuWords(gpus: readonly string[]): string {
  const numbers = new Map<string, number>();
  for (const gpu of gpus) numbers.set(gpu, (numbers.get(gpu) ?? 0) + 1);
  const words = [...numbers].map(([gpu, number]) => {
    const text = gpu.replace(/ (\d+\.\d+|\?)$/, " (compute $1)");
    return number === 1 ? text : `${number} × ${text}`;
  });
  return words.join(", ") || "no NVIDIA GPU found";
}

function deployedLine({ component, findings }: CompleteReport): string {
  if (component.deployedVersion !== null) {
    return `deployed ${component.deployedVersion}${component.state === null ? "" : ` (${component.state})`}`;
  }
  const deployed = findings.find(({ rule }) => rule === "component.deployed");
  if (deployed?.outcome === "NOT_APPLICABLE") return "deployed version not checked";
  return deployed?.outcome === "DRIFT" ? "not deployed" : "deployed version not known";
}

function unavailableLine({ job }: CompleteReport): string {
  const reason = `${job.unavailable?.reason}: ${job.unavailable?.message}`;
  // Without a job there can be no copy.
  if (job.project === null && job.name === null) return reason;
  return `${reason}; ${job.digest === null ? "no copy of the job is left" : `using the copy of ${job.fetchedAt}`}`;
}

const SYMBOLS = { IN_SYNC: "✓", DRIFTED: "✗", UNKNOWN: "?", NOT_CHECKED: "?" } as const;

function verdictColour(report: Report): Colour {
  if (report.drift === "IN_SYNC") return report.runnable === "RUNNABLE" ? "green" : "yellow";
  if (report.drift === "DRIFTED") return report.runnable === "WILL_NOT_RUN" ? "red" : "yellow";
  return "blue";
}
