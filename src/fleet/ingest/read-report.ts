import { InvalidInputError } from "../../base/errors.js";
import { isObject, type JsonObject } from "../../base/json.js";
import type { Drift, Outcome, Runnable, Severity } from "../../drift/finding.js";
import { causeAmong } from "../../report/consequences.js";
import { type CompleteReport, type Report, type ReportedDevice, TRIGGERS } from "../../report/report.js";
import { sealedText, signedText } from "../../report/seal.js";
import type { Packed, ReportArrival, Told, ToldFinding } from "../arrival.js";
import { storable } from "./storable.js";

/** What reading a report needs. */
export interface ReportReading {
  readonly digest: (text: string) => string;
  readonly pack: (text: string) => Packed;
  readonly verify: (thing: string, text: string, signature: string) => boolean | null;
}

const DRIFTS: readonly Drift[] = ["IN_SYNC", "DRIFTED", "UNKNOWN", "NOT_CHECKED"];
const RUNNABLES: readonly Runnable[] = ["RUNNABLE", "RUNNABLE_UNTESTED", "WILL_NOT_RUN", "CANNOT_TELL"];
const OUTCOMES: readonly Outcome[] = ["MATCH", "DRIFT", "UNKNOWN", "NOT_APPLICABLE"];
const SEVERITIES: readonly Severity[] = ["BLOCKING", "ERROR", "WARNING", "INFO"];
/** A device that made a report each second would reach it in 136 years; two million sums of such numbers stay exact. */
const MOST_SEQUENCE = 2 ** 32;
const MOST_NAME = 256;
const MOST_TEXT = 1_024;
const MOST_FINDINGS = 400;
const MOST_REMEDIES = 8;
// Names are compared, so they are refused rather than changed.
const UNSAFE_NAME = /[\p{Cc}\p{Cs}]/u;

/** Makes an arrival of a whole report, checked by parseReport. Throws InvalidInputError where the store could not tell what it says. */
export function readReport(
  report: Report,
  receivedAt: string,
  reading: ReportReading,
  text = JSON.stringify(report),
): ReportArrival {
  const { thing, epoch, sequence, gaps = [], clock } = report;
  if (UNSAFE_NAME.test(epoch)) refuse("epoch must not hold control characters");
  const tooHigh = sequence > MOST_SEQUENCE || gaps.some(({ toSequence }) => toSequence > MOST_SEQUENCE);
  if (tooHigh) refuse(`sequences must not be above ${MOST_SEQUENCE}`);
  const job = isObject(report.job) ? report.job : refuse("job must be an object");
  const component: JsonObject = isObject(report.component) ? report.component : {};
  const project = nameOr(job.project);
  const name = nameOr(job.name);
  const componentName = nameOr(component.name);
  const isCut = report.kind === "COMPLETE" && report.cut === true;
  const digest = reading.digest(sealedText(report));
  return {
    kind: "report",
    receivedAt,
    thing,
    epoch,
    sequence,
    trigger: oneOf(TRIGGERS, report.trigger, "trigger"),
    drift: oneOf(DRIFTS, report.drift, "drift"),
    runnable: oneOf(RUNNABLES, report.runnable, "runnable"),
    checkedAt: new Date(report.checkedAt).toISOString(),
    project: project ?? "",
    job: name ?? (componentName === null ? "" : `component ${componentName}`),
    jobDigest: textOr(job.digest, 128),
    gaps: gaps.filter((gap) => !UNSAFE_NAME.test(gap.epoch ?? "")),
    clock: clockOf(clock),
    previous: report.previous ?? null,
    seal: isCut ? `cut ${digest}` : digest,
    signature: signatureOf(report, digest, isCut, reading),
    packed: reading.pack(text),
    told: report.kind === "COMPLETE" ? toldOf(report, component, componentName, reading.digest) : null,
  };
}

/** What a cause is: the same on all things that have it. */
export function causeOf(
  { rule, expected, actual, outcome, severity }: Omit<ToldFinding, "cause" | "follows">,
  digest: (text: string) => string,
): string {
  return digest(JSON.stringify([rule, expected, actual, outcome, severity])).slice(0, 22);
}

function signatureOf(
  { thing, signature }: Report,
  seal: string,
  isCut: boolean,
  { verify }: ReportReading,
): ReportArrival["signature"] {
  if (signature === undefined) return "missing";
  // Its texts are not those that were signed.
  if (isCut) return "unchecked";
  const isValid = verify(thing, signedText(seal), signature);
  return isValid === null ? "unchecked" : isValid ? "valid" : "invalid";
}

function toldOf(
  { device, agent, findings }: CompleteReport,
  component: Readonly<Record<string, unknown>>,
  componentName: string | null,
  digest: (text: string) => string,
): Told {
  const told = findingsOf(findings, digest);
  const text = JSON.stringify(told);
  const drifting = told.filter(({ outcome }) => outcome === "DRIFT");
  return {
    device: JSON.stringify(deviceOf(device)),
    agent: storable(JSON.stringify(isObject(agent) ? agent : {}), 8_192),
    component: componentName,
    deployed: textOr(component.deployedVersion, MOST_NAME),
    findings: text,
    digest: digest(text).slice(0, 22),
    drifting: drifting.length,
    blocking: drifting.filter(({ severity }) => severity === "BLOCKING").length,
  };
}

function findingsOf(findings: readonly unknown[], digest: (text: string) => string): readonly ToldFinding[] {
  const byFingerprint = new Map<string, Omit<ToldFinding, "follows">>();
  for (const each of findings.slice(0, MOST_FINDINGS)) {
    const finding = isObject(each) ? each : refuse("findings must be objects");
    const { waived, damped } = finding;
    const outcome = oneOf(OUTCOMES, finding.outcome, "a finding's outcome");
    const rises = isObject(damped) && damped.state === "RISING";
    if (outcome === "MATCH" || outcome === "NOT_APPLICABLE" || waived !== undefined || rises) continue;
    const { remedy } = finding;
    const read = {
      fingerprint: textOr(finding.fingerprint, 64) ?? refuse("a finding's fingerprint must be a text"),
      rule: textOr(finding.rule, 64) ?? refuse("a finding's rule must be a text"),
      path: textOr(finding.path, MOST_NAME) ?? "",
      expected: textOr(finding.expected, MOST_TEXT),
      actual: textOr(finding.actual, MOST_TEXT),
      outcome,
      severity: oneOf(SEVERITIES, finding.severity, "a finding's severity"),
      because: textOr(finding.because, MOST_TEXT) ?? "",
      remedy: (Array.isArray(remedy) ? remedy : [])
        .slice(0, MOST_REMEDIES)
        .flatMap((step) => textOr(step, MOST_TEXT) ?? []),
    };
    if (!byFingerprint.has(read.fingerprint)) {
      byFingerprint.set(read.fingerprint, { ...read, cause: causeOf(read, digest) });
    }
  }
  const read = [...byFingerprint.values()];
  const reasonOf = causeAmong(read);
  return read.map((finding) => ({ ...finding, follows: reasonOf(finding)?.rule ?? null }));
}

/** The members whose changes are noticed; gpus is joined to one text where they are compared. */
function deviceOf(value: unknown): ReportedDevice {
  const device: JsonObject = isObject(value) ? value : {};
  const text = (key: string) => textOr(device[key], MOST_NAME);
  return {
    arch: text("arch"),
    distro: text("distro"),
    kernelRelease: text("kernelRelease"),
    product: text("product"),
    l4t: text("l4t"),
    jetpack: text("jetpack"),
    gpus: (Array.isArray(device.gpus) ? device.gpus : []).slice(0, 16).flatMap((gpu) => textOr(gpu, MOST_NAME) ?? []),
    driver: text("driver"),
    cuda: text("cuda"),
    cudnn: text("cudnn"),
    tensorrt: text("tensorrt"),
    cpu: text("cpu"),
    container: typeof device.container === "boolean" ? device.container : null,
  };
}

function clockOf(clock: unknown): ReportArrival["clock"] {
  if (!isObject(clock)) return null;
  const { boot, ms } = clock;
  const isUsable = typeof boot === "string" && typeof ms === "number" && Number.isSafeInteger(Math.round(ms));
  return isUsable ? { boot: storable(boot, 64), ms: Math.round(ms) } : null;
}

function nameOr(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value !== "string" || value.length > MOST_NAME || UNSAFE_NAME.test(value)) {
    refuse(`names of projects, jobs and components must be texts of at most ${MOST_NAME} characters`);
  }
  return value;
}

function textOr(value: unknown, most: number): string | null {
  return typeof value === "string" ? storable(value, most) : null;
}

function oneOf<T extends string>(words: readonly T[], value: unknown, name: string): T {
  return words.find((word) => word === value) ?? refuse(`${name} must be one of ${words.join(", ")}`);
}

function refuse(why: string): never {
  throw new InvalidInputError(`Cannot read a report: ${why}`);
}
