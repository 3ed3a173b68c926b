import type { Drift, RuleId, Runnable, Severity } from "../../drift/finding.js";
import type { JobOutcome } from "../state/judged-views.js";
import type { Freshness } from "../state/views.js";

/** Labels of the verdicts on both axes and of the freshness, worst first. */
export const RUNNABLE_LABELS: Readonly<Record<Runnable, string>> = {
  WILL_NOT_RUN: "will not run",
  CANNOT_TELL: "cannot tell",
  RUNNABLE_UNTESTED: "runs, untested",
  RUNNABLE: "runs",
};
export const DRIFT_LABELS: Readonly<Record<Drift, string>> = {
  DRIFTED: "drifted",
  UNKNOWN: "unknown",
  NOT_CHECKED: "not checked",
  IN_SYNC: "in sync",
};
export const FRESHNESS_LABELS: Readonly<Record<Freshness, string>> = {
  silent: "silent",
  never: "never heard",
  late: "late",
  fresh: "fresh",
};
export const OUTCOME_LABELS: Readonly<Record<JobOutcome, string>> = {
  CAN: "can run it",
  CANNOT: "cannot run it",
  UNKNOWN: "cannot tell",
  NO_FACTS: "sent no facts yet",
};
export const SEVERITY_LABELS: Readonly<Record<Severity, string>> = {
  BLOCKING: "blocking",
  ERROR: "error",
  WARNING: "warning",
  INFO: "info",
};

/** What each rule compares; pages show the id next to it. */
export const RULE_LABELS: Readonly<Record<RuleId, string>> = {
  "job.status": "Job status",
  "job.consistent": "Job description",
  "job.source-age": "Age of the description",
  "target.os": "Operating system",
  "target.arch": "Architecture",
  "target.accelerator": "Accelerator",
  "target.device": "Device",
  "compiler.gpu-code": "GPU code",
  "compiler.cuda-ver": "CUDA",
  "compiler.trt-ver": "TensorRT",
  "compiler.driver": "GPU driver",
  "compiler.mcpu": "Processor",
  "compiler.mattr": "Processor features",
  "compiler.options": "Compiler options",
  "component.deployed": "Deployed component",
  "component.version": "Component version",
  "component.state": "Component state",
  "device.memory": "Memory",
  "device.access": "Access to GPU files",
  "device.cuda-driver": "CUDA driver library",
  "device.glibc": "C library",
  "model.libraries": "Libraries of the model",
  "model.agrees": "Description and model",
};

/** What a rule compares; an unknown rule, as a newer device may name it, is shown by its id. */
export function ruleLabel(rule: string): string {
  return labelIn(RULE_LABELS, rule);
}

/** What a change of the device is about. */
const PROPERTY_LABELS: Readonly<Record<string, string>> = {
  arch: "architecture",
  distro: "distribution",
  kernelRelease: "kernel",
  product: "product",
  l4t: "L4T",
  jetpack: "JetPack",
  gpus: "GPU",
  driver: "driver",
  cuda: "CUDA",
  cudnn: "cuDNN",
  tensorrt: "TensorRT",
  cpu: "processor",
  container: "container",
  component: "component",
  deployedVersion: "component version",
};

export function propertyLabel(name: string): string {
  return labelIn(PROPERTY_LABELS, name);
}

/** Names come from devices: `constructor` and the like must not be found. */
function labelIn(words: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(words, name) ? (words[name] ?? name) : name;
}

/** `12,345` */
export function formatNumber(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 device`, `2,000 devices` */
export function pluralize(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** The form of a word or phrase that goes with a number: `is`, `are`. */
export function pluralForm(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 h ago`, as long as that is short; later the day. */
export function ago(iso: string, nowMs: number): string {
  const elapsed = nowMs - Date.parse(iso);
  if (Number.isNaN(elapsed)) return iso;
  if (elapsed < MINUTE) return "just now";
  if (elapsed < 100 * MINUTE) return `${Math.floor(elapsed / MINUTE)} min ago`;
  if (elapsed < 2 * DAY) return `${Math.floor(elapsed / HOUR)} h ago`;
  if (elapsed < 60 * DAY) return `${Math.floor(elapsed / DAY)} days ago`;
  return `${Math.floor(elapsed / (30.44 * DAY))} months ago`;
}

/** `2 h`, `3 days`: how long something has lasted. */
export function durationSince(iso: string, nowMs: number): string {
  return ago(iso, nowMs).replace(/ ago$/, "").replace("just now", "less than a minute");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `14:05` today, `28 Nov 14:05` this year, `28 Nov 2024 14:05` before, all UTC. */
export function formatInstant(iso: string, nowMs: number): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const now = new Date(nowMs);
  const clock = `${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}`;
  if (at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)) return clock;
  const year = at.getUTCFullYear() === now.getUTCFullYear() ? "" : ` ${at.getUTCFullYear()}`;
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}${year} ${clock}`;
}

/** `at 14:05`, `on 28 Nov at 14:05`: when something happened, in a sentence. */
export function atInstant(iso: string, nowMs: number): string {
  const [clock = "", ...day] = formatInstant(iso, nowMs).split(" ").reverse();
  return day.length === 0 ? `at ${clock}` : `on ${day.reverse().join(" ")} at ${clock}`;
}

/** `14:05` */
export function formatTime(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : `${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}`;
}

/** `28 Nov 2026` */
export function formatDate(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** `a, b and c` */
export function joinWithAnd(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
