import { indent, wrap } from "../base/terminal-text.js";
import { lengthOf, padTo } from "../base/text-width.js";
import type { RuleId } from "../drift/finding.js";
import { PATHS } from "../job/requirements.js";
import { describedIn } from "./described.js";
import type { CompleteReport, ReportedModel } from "./report.js";

/** One property and what each source states about it; null where it states nothing. */
export interface ModelRow {
  readonly name: string;
  readonly described: string | null;
  readonly deployed: string | null;
  readonly built: string | null;
  readonly loaded: string | null;
  readonly device: string | null;
  /** Whether a finding says that the values differ. */
  readonly differs: boolean;
}

const COLUMNS = ["described", "deployed", "built", "loaded", "device"] as const;
const HEADS = { described: "described", deployed: "deployed", built: "built", loaded: "loaded", device: "this device" };
const GAP = 2;

/**
 * The table of what was described, deployed, built and loaded, and of this device; rows with a difference are marked.
 * Empty without a model block, since then there is nothing to compare the description with.
 */
export function modelTable(report: CompleteReport, width: number): readonly string[] {
  const { model } = report;
  if (model === undefined) return [];
  // A row with nothing but the description or this device has nothing to compare.
  const rows = rowsOf(report, model).filter(({ deployed, built, loaded }) => (deployed ?? built ?? loaded) !== null);
  const columns = COLUMNS.filter((column) => column === "device" || rows.some((row) => row[column] !== null));
  const heads = ["", ...columns.map((column) => HEADS[column])];
  const cells = rows.map((row) => [
    `${row.differs ? "≠" : " "} ${row.name}`,
    ...columns.map((column) => row[column] ?? "–"),
  ]);
  const widths = fitted([heads, ...cells], width);
  const unread = model.unread === 0 ? [] : [`${model.unread} of the model's files or folders could not be read whole`];
  return [...[heads, ...cells].flatMap((line) => lineOf(line, widths)), ...indent(unread, GAP), ""];
}

/** The rows with a value from any source but the device, also without a model block. */
export function modelRows(report: CompleteReport): readonly ModelRow[] {
  const rows = rowsOf(report, report.model ?? NO_MODEL);
  return rows.filter(({ described, deployed, built, loaded }) => (described ?? deployed ?? built ?? loaded) !== null);
}

const NO_MODEL: ReportedModel = {
  component: null,
  version: null,
  arch: null,
  accelerator: null,
  tensorrt: null,
  cuda: null,
  codes: null,
  ptxIsa: null,
  glibc: null,
  unread: 0,
  loaded: null,
};

function rowsOf(report: CompleteReport, model: ReportedModel): readonly ModelRow[] {
  const { component, device, job } = report;
  const needs = describedIn(job);
  const none = { described: null, deployed: null, built: null, loaded: null, device: null };
  return [
    {
      ...none,
      name: "version",
      described: component.expectedVersion,
      deployed: deployedIn(component),
      built: model.version,
      differs: differs(report, ["component.version", "component.state"]),
    },
    {
      ...none,
      name: "model",
      described: job.modelVersion === null ? null : `${job.project}/${job.modelVersion}`,
      loaded: model.loaded,
      differs: differs(report, ["component.version"], "ModelVersion"),
    },
    {
      ...none,
      name: "architecture",
      described: needs.arch?.value ?? null,
      built: model.arch,
      device: device.arch,
      differs: differs(report, ["target.arch", "model.agrees"], needs.arch?.path ?? PATHS.arch),
    },
    {
      ...none,
      name: "accelerator",
      described: { NEEDED: "NVIDIA", NOT_NEEDED: "CPU", UNKNOWN: null }[needs.gpu],
      built: model.accelerator,
      device: device.gpus.map((gpu) => gpu.replace(/ [\d.?]+$/, "")).join(", ") || null,
      differs: differs(report, ["target.accelerator", "model.agrees"], needs.accelerator?.path ?? PATHS.accelerator),
    },
    {
      ...none,
      name: "GPU code",
      described: needs.gpuCode?.value ?? null,
      built: model.codes,
      device: device.gpus.map(codeOf).join(", ") || null,
      differs: differs(report, ["compiler.gpu-code", "model.agrees"], needs.gpuCode?.path ?? PATHS.gpuCode),
    },
    {
      ...none,
      name: "CUDA",
      described: needs.cudaVer?.value ?? null,
      built: model.cuda,
      device: device.cuda,
      differs: differs(report, ["compiler.cuda-ver", "model.agrees"], needs.cudaVer?.path ?? PATHS.cudaVer),
    },
    {
      ...none,
      name: "TensorRT",
      described: needs.trtVer?.value.join(" or ") ?? null,
      built: model.tensorrt,
      device: device.tensorrt,
      differs: differs(report, ["compiler.trt-ver", "model.agrees"], needs.trtVer?.path ?? PATHS.trtVer),
    },
  ];
}

function deployedIn({ deployedVersion, state }: CompleteReport["component"]): string | null {
  if (deployedVersion === null) return state;
  return state === null ? deployedVersion : `${deployedVersion} (${state})`;
}

function differs({ findings }: CompleteReport, rules: readonly RuleId[], path?: string): boolean {
  return findings.some(
    (finding) =>
      finding.outcome === "DRIFT" &&
      finding.waived === undefined &&
      rules.includes(finding.rule) &&
      (path === undefined || finding.path === path),
  );
}

/** `sm_72` of `integrated 7.2`. */
function codeOf(gpu: string): string {
  const capability = / (\d+)\.(\d)$/.exec(gpu);
  return capability === null ? "?" : `sm_${capability[1]}${capability[2]}`;
}

/**
 * The widths of the columns: that of the longest cell if all fit; otherwise the wide columns share what the others
 * leave.
 */
function fitted(lines: readonly (readonly string[])[], width: number): readonly number[] {
  const natural = (lines[0] ?? []).map((_, at) => Math.max(...lines.map((line) => lengthOf(line[at] ?? ""))));
  let room = width - GAP * (natural.length - 1);
  const widths = natural.map(() => 0);
  const [names, ...others] = natural.map((wish, at) => ({ wish, at }));
  const open = others.sort((a, b) => a.wish - b.wish);
  widths[0] = names?.wish ?? 0;
  room -= widths[0];
  for (const [taken, { wish, at }] of open.entries()) {
    widths[at] = Math.max(1, Math.min(wish, Math.floor(room / (open.length - taken))));
    room -= widths[at] ?? 0;
  }
  return widths;
}

function lineOf(cells: readonly string[], widths: readonly number[]): readonly string[] {
  const wrapped = cells.map((cell, at) => (at === 0 ? [cell] : wrap(cell, widths[at] ?? 1)));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, at) => padTo(lines[line] ?? "", widths[at] ?? 0))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}
