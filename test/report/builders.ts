import type { Finding } from "../../src/drift/finding.js";
import type { CompleteReport, Report } from "../../src/report/report.js";

/** An ordinary drift. */
export function someFinding(over: Partial<Finding> = {}): Finding {
  return {
    rule: "compiler.trt-ver",
    path: "ModelPackagingConfiguration.Greengrass.CompilerOptions.trt-ver",
    expected: "7.1.3",
    actual: "8.2.1",
    outcome: "DRIFT",
    severity: "BLOCKING",
    because: "The package needs TensorRT 7, this device has 8.2.1",
    evidence: [{ from: "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1", value: "8.2.1" }],
    remedy: ["JetPack 4.5.1 (L4T 32.5.1) brings TensorRT 7.1.3"],
    fingerprint: "00c0ffee00c0ffee",
    ...over,
  };
}

/** A complete report about one job of a Jetson, with one blocking drift. */
export function someReport(over: Partial<CompleteReport> = {}): CompleteReport {
  return {
    schema: "packdrift.report/1",
    id: "e1.1",
    thing: "line-4-camera-2",
    epoch: "e1",
    sequence: 1,
    kind: "COMPLETE",
    trigger: "START",
    drift: "DRIFTED",
    runnable: "WILL_NOT_RUN",
    counts: { match: 9, drift: 1, unknown: 0, notApplicable: 0, blocking: 1, error: 0, warning: 0, info: 0, waived: 0 },
    checkedAt: "2026-11-23T18:00:00.000Z",
    job: {
      project: "bolts",
      name: "inspect-7",
      modelVersion: "1",
      status: "SUCCEEDED",
      target: "jetson_xavier",
      compilerOptions: null,
      digest: "ab".repeat(32),
      source: "api https://lookoutvision.eu-west-1.amazonaws.com",
      fetchedAt: "2026-11-23T17:59:59.000Z",
      unavailable: null,
    },
    component: { name: "Inspect", expectedVersion: "1.0.0", deployedVersion: "1.0.0", state: "RUNNING" },
    device: {
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
    },
    agent: { version: "0.1.0", node: "v16.20.2", transport: "ipc", outbox: "disk", problems: [] },
    matches: ["target.os", "target.arch"],
    findings: [someFinding()],
    ...over,
  };
}

/** The same before the outbox has given it its place. */
export function unnumbered<T extends Report>(report: T) {
  const { id: _id, epoch: _epoch, sequence: _sequence, ...rest } = report;
  return rest;
}
