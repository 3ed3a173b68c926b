import { isObject, type JsonObject } from "../../base/json.js";
import type { Drift, Runnable } from "../../drift/finding.js";
import { type Report, TRIGGERS } from "../../report/report.js";
import { sealedMembers, signedText } from "../../report/seal.js";
import type { Packed, ReportArrival } from "../arrival.js";
import type { ContentReading } from "./report-content.js";
import { nameOr, refuse, requireOneOf, textOr, UNSAFE_NAME } from "./report-fields.js";
import { storable } from "./storable.js";

/** The dependencies of reading a report. */
export interface ReportReaderParts {
  readonly digest: (text: string) => string;
  readonly pack: (text: string) => Packed;
  readonly verify: (thing: string, text: string, signature: string) => boolean | null;
  readonly content: ContentReading;
}

const DRIFTS: readonly Drift[] = ["IN_SYNC", "DRIFTED", "UNKNOWN", "NOT_CHECKED"];
const RUNNABLES: readonly Runnable[] = ["RUNNABLE", "RUNNABLE_UNTESTED", "WILL_NOT_RUN", "CANNOT_TELL"];
/**
 * A device that made a report every second would reach it in 136 years; the sum of two million such numbers is still
 * exact.
 */
const MOST_SEQUENCE = 2 ** 32;

/**
 * Turns a whole report, checked by parseReport, into an arrival. Throws InvalidInputError if the store could not hold
 * its content.
 */
export function readReport(
  report: Report,
  receivedAt: string,
  parts: ReportReaderParts,
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
  const sealed = sealedMembers(report);
  const digest = parts.digest(sealed.text);
  return {
    kind: "report",
    receivedAt,
    thing,
    epoch,
    sequence,
    trigger: requireOneOf(TRIGGERS, report.trigger, "trigger"),
    drift: requireOneOf(DRIFTS, report.drift, "drift"),
    runnable: requireOneOf(RUNNABLES, report.runnable, "runnable"),
    checkedAt: new Date(report.checkedAt).toISOString(),
    project: project ?? "",
    job: name ?? (componentName === null ? "" : `component ${componentName}`),
    jobDigest: textOr(job.digest, 128),
    gaps: gaps.filter((gap) => !UNSAFE_NAME.test(gap.epoch ?? "")),
    clock: clockOf(clock),
    previous: report.previous ?? null,
    seal: isCut ? `cut ${digest}` : digest,
    signature: signatureOf(report, digest, isCut, parts),
    packed: parts.pack(text),
    content: report.kind === "COMPLETE" ? parts.content(report, componentName, sealed.members) : null,
  };
}

function signatureOf(
  { thing, signature }: Report,
  seal: string,
  isCut: boolean,
  { verify }: ReportReaderParts,
): ReportArrival["signature"] {
  if (signature === undefined) return "missing";
  // Its texts are not the signed ones.
  if (isCut) return "unchecked";
  const isValid = verify(thing, signedText(seal), signature);
  return isValid === null ? "unchecked" : isValid ? "valid" : "invalid";
}

function clockOf(clock: unknown): ReportArrival["clock"] {
  if (!isObject(clock)) return null;
  const { boot, ms } = clock;
  const isUsable = typeof boot === "string" && typeof ms === "number" && Number.isSafeInteger(Math.round(ms));
  return isUsable ? { boot: storable(boot, 64), ms: Math.round(ms) } : null;
}
