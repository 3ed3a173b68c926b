import type { Row } from "../../../src/fleet/store/database.js";

/** The receiver's time this many minutes after the tests' beginning. */
export function minute(minutes: number): string {
  return new Date(Date.parse("2026-11-23T00:00:00.000Z") + minutes * 60_000).toISOString();
}

export const DEVICE = {
  arch: "ARM64",
  distro: "ubuntu 18.04",
  kernelRelease: "4.9.253-tegra",
  product: "AGX Xavier",
  l4t: "32.7.1",
  jetpack: "4.6.1",
  gpus: ["integrated 7.2"],
  driver: null,
  cuda: "10.2.300",
  cudnn: "8.2.1",
  tensorrt: "8.2.1",
  cpu: "NVIDIA Carmel",
  container: false,
};

const AGENT = { version: "0.1.0", node: "v20.1.0", transport: "ipc", outbox: "disk", problems: [] };

/** A thing that runs one job well and was heard at minute 60. */
export function someThing(thing: string, over: Row = {}): Row {
  return {
    thing,
    expected: 0,
    first_heard: minute(0),
    last_heard: minute(60),
    online: null,
    drift: "IN_SYNC",
    runnable: "RUNNABLE",
    since: minute(0),
    jobs: 1,
    device: JSON.stringify(DEVICE),
    agent: JSON.stringify(AGENT),
    product: "AGX Xavier",
    jetpack: "4.6.1",
    arch: "ARM64",
    ...over,
  };
}

export function someState(thing: string, over: Row = {}): Row {
  return {
    thing,
    project: "bolts",
    job: "inspect-7",
    born: 1,
    epoch: "e1",
    sequence: 1,
    drift: "IN_SYNC",
    runnable: "RUNNABLE",
    since: minute(0),
    checked_at: minute(59),
    received_at: minute(60),
    report_born: 1,
    report_epoch: "e1",
    report_sequence: 1,
    told: "",
    blocking: 0,
    findings: 0,
    ...over,
  };
}

/** An open finding: TensorRT 7.1.3 expected, 8.2.1 found. */
export function someFindingRow(thing: string, over: Row = {}): Row {
  return {
    thing,
    project: "bolts",
    job: "inspect-7",
    fingerprint: "f1",
    since: minute(10),
    until: null,
    rule: "compiler.trt-ver",
    path: "CompilerOptions.trt-ver",
    expected: "7.1.3",
    actual: "8.2.1",
    outcome: "DRIFT",
    severity: "BLOCKING",
    because: "The model needs TensorRT 7.1.3, and this machine has 8.2.1",
    remedy: JSON.stringify(["JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3"]),
    cause: "c-trt",
    follows: null,
    change_id: null,
    ...over,
  };
}

export function someReportRow(thing: string, sequence: number, over: Row = {}): Row {
  return {
    thing,
    epoch: "e1",
    sequence,
    kind: "COMPLETE",
    trigger_kind: "SCHEDULE",
    project: "bolts",
    job: "inspect-7",
    drift: "IN_SYNC",
    runnable: "RUNNABLE",
    checked_at: minute(sequence),
    received_at: minute(sequence),
    seal: "s",
    dictionary: 0,
    body: new TextEncoder().encode(JSON.stringify({ thing, sequence })),
    ...over,
  };
}

export function someEpoch(thing: string, over: Row = {}): Row {
  return {
    thing,
    epoch: "e1",
    born: 1,
    births: "[]",
    since: minute(0),
    heard: minute(60),
    first: 1,
    contiguous: 5,
    acked: 5,
    stored: "[]",
    missing: 0,
    named: "[]",
    ...over,
  };
}
