import { isObject, type JsonObject } from "../../base/json.js";
import type { Outcome, Severity } from "../../drift/finding.js";
import { causeAmong } from "../../report/consequences.js";
import type { CompleteReport, ReportedDevice } from "../../report/report.js";
import type { CountedFinding, ReportContent } from "../arrival.js";
import { KnownTexts } from "./known-texts.js";
import { MOST_NAME, refuse, requireOneOf, textOr } from "./report-fields.js";
import { storable } from "./storable.js";

/** Reads a complete report's content. `members`: the texts of its members as they are sealed. Throws InvalidInputError. */
export type ContentReading = (
  report: CompleteReport,
  component: string | null,
  members: ReadonlyMap<string, string>,
) => ReportContent;

type ContentFindings = Pick<ReportContent, "findings" | "digest" | "drifting" | "blocking">;

const OUTCOMES: readonly Outcome[] = ["MATCH", "DRIFT", "UNKNOWN", "NOT_APPLICABLE"];
const SEVERITIES: readonly Severity[] = ["BLOCKING", "ERROR", "WARNING", "INFO"];
const MOST_TEXT = 1_024;
const MOST_FINDINGS = 400;
const MOST_REMEDIES = 8;
/** Far more entries than a fleet has kinds of machines. */
const MOST_REMEMBERED = 2_000;
const MOST_CHARACTERS = 4 * 1_048_576;

/**
 * Caches what was read from members that many reports share: those of similar devices, and of each device's last
 * report.
 */
export function contentReading(digest: (text: string) => string): ContentReading {
  const known = new KnownTexts<ContentFindings>(MOST_REMEMBERED, MOST_CHARACTERS);
  const devices = new KnownTexts<string>(MOST_REMEMBERED, MOST_CHARACTERS);
  return ({ device, agent, findings, component: named }, component, members) => ({
    device: devices.get(members.get("device"), () => JSON.stringify(deviceOf(device))),
    agent: storable(JSON.stringify(isObject(agent) ? agent : {}), 8_192),
    component,
    deployed: isObject(named) ? textOr(named.deployedVersion, MOST_NAME) : null,
    ...known.get(members.get("findings"), () => findingsIn(findings, digest)),
  });
}

/** The id of a cause, the same for all things that have it. */
function causeOf(
  { rule, expected, actual, outcome, severity }: Omit<CountedFinding, "cause" | "follows">,
  digest: (text: string) => string,
): string {
  return digest(JSON.stringify([rule, expected, actual, outcome, severity])).slice(0, 22);
}

function findingsIn(findings: readonly unknown[], digest: (text: string) => string): ContentFindings {
  const counted = findingsOf(findings, digest);
  const text = JSON.stringify(counted);
  const drifting = counted.filter(({ outcome }) => outcome === "DRIFT");
  return {
    findings: text,
    digest: digest(text).slice(0, 22),
    drifting: drifting.length,
    blocking: drifting.filter(({ severity }) => severity === "BLOCKING").length,
  };
}

function findingsOf(findings: readonly unknown[], digest: (text: string) => string): readonly CountedFinding[] {
  const byFingerprint = new Map<string, Omit<CountedFinding, "follows">>();
  for (const each of findings.slice(0, MOST_FINDINGS)) {
    const finding = isObject(each) ? each : refuse("findings must be objects");
    const { waived, damped } = finding;
    const outcome = requireOneOf(OUTCOMES, finding.outcome, "a finding's outcome");
    const rises = isObject(damped) && damped.state === "RISING";
    if (outcome === "MATCH" || outcome === "NOT_APPLICABLE" || waived !== undefined || rises) continue;
    const { remedy } = finding;
    const read = {
      fingerprint: textOr(finding.fingerprint, 64) ?? refuse("a finding's fingerprint must be a string"),
      rule: textOr(finding.rule, 64) ?? refuse("a finding's rule must be a string"),
      path: textOr(finding.path, MOST_NAME) ?? "",
      expected: textOr(finding.expected, MOST_TEXT),
      actual: textOr(finding.actual, MOST_TEXT),
      outcome,
      severity: requireOneOf(SEVERITIES, finding.severity, "a finding's severity"),
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

/** The members whose changes are recorded; gpus is compared as one text. */
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
