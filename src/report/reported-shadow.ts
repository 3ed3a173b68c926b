import type { DeviceFacts } from "../device/facts.js";
import { summarize } from "../device/summary.js";
import type { RuleId } from "../drift/finding.js";
import { counts } from "../drift/verdict.js";
import type { CompleteReport, Counts, Unnumbered } from "./report.js";

/** Settings that the shadow's `desired` state may set; `reported` says which are in force. */
export const DESIRABLE = ["schedule", "jitterSeconds", "heartbeatHours", "logLevel"] as const;
type Desirable = Readonly<Record<(typeof DESIRABLE)[number], string | number>>;

/**
 * What the named shadow reports: the worst of the jobs in short. All leaves are simple values, and versions begin with
 * "v", since fleet indexing takes "10.2" for a number. A null deletes its key. It stays under 2 KB, since nucleus lite
 * loses answers of 5,000 bytes, and an answer has the state and a time for each leaf: texts are cut, and contain
 * printable ASCII only.
 */
export interface ReportedShadow extends Desirable {
  readonly schema: "1";
  readonly drift: string;
  readonly runnable: string;
  /** Unix seconds. */
  readonly checked: number;
  readonly mode: "report";
  /** How many jobs were checked. */
  readonly jobs: number;
  readonly job: Readonly<Record<"project" | "name" | "component" | "version" | "digest", string | null>>;
  readonly hw: Readonly<Record<string, string | number | null>>;
  readonly n: Readonly<Record<"blocking" | "error" | "warning" | "info" | "waived" | "unknown", number>>;
  /** The rules with a drift in any job that is neither waived nor damped. */
  readonly codes: readonly RuleId[];
  /** The jobs that will not run, by name or, without one, by component: sorted, as many as fit; null if all run. */
  readonly wontRun: readonly string[] | null;
  /** How many more will not run; null if `wontRun` has all. */
  readonly wontRunCut: number | null;
  readonly agent: string;
  /** What the nucleus offers. */
  readonly caps: readonly string[];
}

/** The shadow's reported state after a check; null when no job was checked. */
export function reportedShadow(input: {
  readonly reports: readonly Unnumbered<CompleteReport>[];
  readonly facts: DeviceFacts;
  readonly settings: Desirable;
}): ReportedShadow | null {
  const { reports, facts, settings } = input;
  const worst = [...reports].sort((a, b) => badness(b) - badness(a))[0];
  if (worst === undefined) return null;
  const { job, component } = worst;
  const drifted = reports.flatMap(({ findings }) => findings.filter((one) => one.outcome === "DRIFT" && counts(one)));
  const sum = (key: keyof Counts) => reports.reduce((total, report) => total + report.counts[key], 0);
  return {
    schema: "1",
    drift: worst.drift,
    runnable: worst.runnable,
    checked: Math.floor(Date.parse(worst.checkedAt) / 1_000),
    mode: "report",
    jobs: reports.length,
    job: {
      project: cut(job.project),
      name: cut(job.name),
      component: cut(component.name),
      version: version(component.deployedVersion),
      digest: job.digest?.slice(0, 16) ?? null,
    },
    hw: hardware(facts),
    n: {
      blocking: sum("blocking"),
      error: sum("error"),
      warning: sum("warning"),
      info: sum("info"),
      waived: sum("waived"),
      unknown: sum("unknown"),
    },
    codes: [...new Set(drifted.map(({ rule }) => rule))].sort(),
    ...jobsThatWillNotRun(reports),
    agent: `v${worst.agent.version}`,
    caps: Object.entries(worst.agent.capabilities ?? {}).flatMap(([name, is]) => (is === "AVAILABLE" ? name : [])),
    schedule: settings.schedule,
    jitterSeconds: settings.jitterSeconds,
    heartbeatHours: settings.heartbeatHours,
    logLevel: settings.logLevel,
  };
}

/** How much of an answer about the shadow `wontRun` may take: the names, and the bytes around each. */
const WONT_RUN_BYTES = 420;
// `"",` in the state, `{"timestamp":1795392000},` in the metadata.
const BYTES_AROUND_NAME = 28;

function jobsThatWillNotRun(
  reports: readonly Unnumbered<CompleteReport>[],
): Pick<ReportedShadow, "wontRun" | "wontRunCut"> {
  const names = reports
    .filter(({ runnable }) => runnable === "WILL_NOT_RUN")
    .map(({ job, component }) => cut(job.name ?? component.name));
  const sorted = [...new Set(names.filter((name) => name !== null))].sort();
  let bytes = 0;
  const fitting = sorted.filter((name) => {
    bytes += JSON.stringify(name).length - 2 + BYTES_AROUND_NAME;
    return bytes <= WONT_RUN_BYTES;
  });
  const left = sorted.length - fitting.length + names.filter((name) => name === null).length;
  return { wontRun: fitting.length === 0 ? null : fitting, wontRunCut: left === 0 ? null : left };
}

function hardware(facts: DeviceFacts): ReportedShadow["hw"] {
  const { arch, jetson, sm, cuda, tensorrt, driver, cpu } = summarize(facts);
  const memory = facts.memory.state === "known" ? facts.memory.value : null;
  return {
    arch: cut(arch),
    board: cut(jetson?.product ?? jetson?.model ?? null),
    sm: cut(sm),
    cuda: version(cuda),
    trt: version(tensorrt),
    trtMajor: /^\d+/.test(tensorrt ?? "") ? Number.parseInt(tensorrt ?? "", 10) : null,
    jetpack: version(facts.jetpack.state === "known" ? facts.jetpack.value : null),
    l4t: facts.l4t.state === "known" ? cut(`r${facts.l4t.value}`) : null,
    driver: version(driver),
    cpu: cut(cpu?.name ?? null),
    memMb: memory === null ? null : Math.round(memory.totalBytes / 2 ** 20),
  };
}

const RUNNABLE = ["RUNNABLE", "RUNNABLE_UNTESTED", "CANNOT_TELL", "WILL_NOT_RUN"];
const DRIFT = ["IN_SYNC", "UNKNOWN", "NOT_CHECKED", "DRIFTED"];

function badness({ runnable, drift }: Unnumbered<CompleteReport>): number {
  return RUNNABLE.indexOf(runnable) * DRIFT.length + DRIFT.indexOf(drift);
}

function version(text: string | null): string | null {
  return text === null ? null : cut(`v${text}`);
}

function cut(text: string | null): string | null {
  const printable = text?.replace(/[^ -~]/gu, "?") ?? null;
  return printable === null || printable.length <= 64 ? printable : `${printable.slice(0, 61)}...`;
}
