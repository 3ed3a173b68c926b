import type { Finding } from "../../../src/drift/finding.js";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { sha256 } from "../../../src/platform/seals.js";
import type { CompleteReport, Heartbeat, Report } from "../../../src/report/report.js";
import { sealedText } from "../../../src/report/seal.js";

export const START = Date.parse("2026-11-01T00:00:00.000Z");

/** A time after START, in minutes. */
export function minute(minutes: number): string {
  return new Date(START + minutes * 60_000).toISOString();
}

export function someFinding(parts: Partial<Finding> = {}): Finding {
  const rule = parts.rule ?? "compiler.trt-ver";
  const actual = parts.actual ?? "8.2.1";
  return {
    rule,
    path: "ModelPackagingDescription.ModelPackagingConfiguration.Greengrass.CompilerOptions",
    expected: "7.1.3",
    actual,
    outcome: "DRIFT",
    severity: "BLOCKING",
    because: `TensorRT ${actual} cannot load plans of 7.1.3`,
    evidence: [],
    remedy: ["Install JetPack 4.4"],
    fingerprint: sha256(`${rule} ${actual}`).slice(0, 16),
    ...parts,
  };
}

const COUNTS = {
  match: 1,
  drift: 0,
  unknown: 0,
  notApplicable: 0,
  blocking: 0,
  error: 0,
  warning: 0,
  info: 0,
  waived: 0,
};

export const someDevice: CompleteReport["device"] = {
  arch: "ARM64",
  distro: "ubuntu 18.04",
  kernelRelease: "4.9.140-tegra",
  product: "AGX Xavier",
  l4t: "32.4.3",
  jetpack: "4.4",
  gpus: ["Xavier 7.2"],
  driver: null,
  cuda: "10.2.89",
  cudnn: "8.0.0",
  tensorrt: "7.1.3",
  cpu: "Carmel",
  container: false,
};

type Parts<T> = Partial<Omit<T, "id" | "kind" | "schema">>;

export function complete({ epoch = "e1", sequence = 1, ...parts }: Parts<CompleteReport> = {}): CompleteReport {
  return {
    schema: "packdrift.report/1",
    id: `${epoch}.${sequence}`,
    thing: "box-1",
    epoch,
    sequence,
    kind: "COMPLETE",
    trigger: "START",
    drift: "IN_SYNC",
    runnable: "RUNNABLE",
    counts: COUNTS,
    checkedAt: minute(sequence),
    job: {
      project: "bolts",
      name: "job-1",
      modelVersion: "3",
      status: "SUCCEEDED",
      target: "jetson_xavier",
      compilerOptions: null,
      digest: "0123456789abcdef0123456789abcdef",
      source: "api",
      fetchedAt: minute(0),
      unavailable: null,
    },
    component: { name: "com.acme.bolts", expectedVersion: "1.0.0", deployedVersion: "1.0.0", state: "RUNNING" },
    device: someDevice,
    agent: { version: "0.1.0", node: "v20.20.2", transport: "ipc", outbox: "disk", problems: [] },
    matches: ["target.os"],
    findings: [],
    ...parts,
  };
}

export function heartbeat({ epoch = "e1", sequence = 1, ...parts }: Parts<Heartbeat> = {}): Heartbeat {
  return {
    schema: "packdrift.report/1",
    id: `${epoch}.${sequence}`,
    thing: "box-1",
    epoch,
    sequence,
    kind: "HEARTBEAT",
    trigger: "SCHEDULE",
    drift: "IN_SYNC",
    runnable: "RUNNABLE",
    counts: COUNTS,
    checkedAt: minute(sequence),
    job: { project: "bolts", name: "job-1", digest: "0123456789abcdef" },
    component: { deployedVersion: "1.0.0", state: "RUNNING" },
    device: null,
    agent: { version: "0.1.0", outbox: "disk" },
    findings: [],
    ...parts,
  };
}

/** A report that does not run, for a TensorRT of another major. */
export function drifted(parts: Parts<CompleteReport> = {}): CompleteReport {
  return complete({ drift: "DRIFTED", runnable: "WILL_NOT_RUN", findings: [someFinding()], ...parts });
}

/** The message of a report, as a broker delivers it a minute after the check. */
export function messageOf(
  report: Report,
  receivedAt = new Date(Date.parse(report.checkedAt) + 60_000).toISOString(),
): ReceivedMessage {
  return textMessage(
    `dt/packdrift/v1/${report.thing}/${report.kind === "HEARTBEAT" ? "heartbeat" : "report"}`,
    report,
    receivedAt,
  );
}

export function textMessage(topic: string, content: unknown, receivedAt = minute(1)): ReceivedMessage {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { topic, payload: new TextEncoder().encode(text), receivedAt };
}

/** The seal that the next report carries. */
export function sealOf(report: Report): string {
  return sha256(sealedText(report));
}
