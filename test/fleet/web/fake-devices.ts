import { createHash } from "node:crypto";
import type { Drift, Runnable } from "../../../src/drift/finding.js";
import type { DeviceItem, DeviceView, FindingView, Freshness } from "../../../src/fleet/state/views.js";
import { PATHS } from "../../../src/job/requirements.js";

export const NOW = Date.parse("2026-11-29T10:12:00Z");
const HOUR = 3_600_000;

export const iso = (hoursAgo: number): string => new Date(NOW - hoursAgo * HOUR).toISOString();

export interface FakeDevice {
  readonly view: DeviceView;
  readonly group: number;
}

interface Scene {
  readonly rule: FindingView["rule"];
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
  readonly severity: FindingView["severity"];
  readonly because: string;
  readonly remedy: readonly string[];
  readonly breaks: readonly string[];
  readonly runnable: Runnable;
  readonly share: number;
  readonly hoursAgo: number;
}

/** What goes wrong in a fake fleet, and on which share of its devices. */
export const SCENES: readonly Scene[] = [
  {
    rule: "compiler.trt-ver",
    path: PATHS.trtVer,
    expected: "8.2.1",
    actual: "8.5.2",
    severity: "BLOCKING",
    because: "TensorRT 8.5.2 does not load an engine that was built with 8.2.1",
    remedy: [
      "Going back to JetPack 4.6.1, which has TensorRT 8.2.1",
      "Compiling the model again with SageMaker Neo for TensorRT 8.5",
    ],
    breaks: ["compiler.cuda-ver of the job inspection-b, which needs CUDA 11.4"],
    runnable: "WILL_NOT_RUN",
    share: 0.11,
    hoursAgo: 8,
  },
  {
    rule: "device.cuda-driver",
    path: "CompilerOptions.cuda-ver",
    expected: "libcuda 450.80.02",
    actual: "libcuda 470.57.02",
    severity: "BLOCKING",
    because: "libcuda and the kernel module are of different releases",
    remedy: ["Restarting the device, which loads the kernel module of the new driver"],
    breaks: [],
    runnable: "WILL_NOT_RUN",
    share: 0.06,
    hoursAgo: 31,
  },
  {
    rule: "target.device",
    path: "TargetDevice",
    expected: "JetPack 4.4 to 4.5.1 or 4.6.1",
    actual: "JetPack 4.6.3",
    severity: "WARNING",
    because: "AWS tested jetson_xavier with JetPack 4.4 to 4.5.1 and 4.6.1 only",
    remedy: ["Nothing has to be done as long as the model runs"],
    breaks: [],
    runnable: "RUNNABLE_UNTESTED",
    share: 0.14,
    hoursAgo: 400,
  },
  {
    rule: "component.version",
    path: "ComponentVersion",
    expected: "3.0.0",
    actual: "2.4.1",
    severity: "ERROR",
    because: "Greengrass deployed another version of the component than the job made",
    remedy: ["Deploying com.example.factory.GearTeeth 3.0.0"],
    breaks: [],
    runnable: "RUNNABLE",
    share: 0.04,
    hoursAgo: 75,
  },
];

export const causeId = (scene: Scene): string =>
  createHash("sha256")
    .update(JSON.stringify([scene.rule, scene.expected, scene.actual]))
    .digest("hex")
    .slice(0, 16);

const LINES = ["line-1", "line-2", "line-3", "paint", "weld", "pack"];
const JOBS = [
  { project: "gear-teeth", job: "inspection-a" },
  { project: "gear-teeth", job: "inspection-b" },
  { project: "bolts", job: "thread-check" },
];

/** A device; what it has of each kind follows from its number alone. */
export function fakeDevice(number: number, of: number): FakeDevice {
  const spread = ((number * 7919) % 1000) / 1000;
  const line = LINES[number % LINES.length];
  const thing =
    of === 1
      ? "line-3-cam-01"
      : `${line}-cam-${String(Math.floor(number / LINES.length) + 1).padStart(String(Math.ceil(of / LINES.length)).length, "0")}`;
  const job = JOBS[number % JOBS.length] ?? { project: "bolts", job: "thread-check" };
  let from = 0;
  const scene = SCENES.find(({ share }) => {
    from += share;
    return spread < from;
  });
  const unsure = scene === undefined && spread > 0.985;
  const state: Freshness = spread > 0.978 ? "silent" : spread > 0.965 ? "late" : "fresh";
  const heardHours = state === "silent" ? 80 : state === "late" ? 40 : spread * 20;
  const since = iso(scene === undefined ? 900 : scene.hoursAgo - spread * 3);
  const runnable: Runnable = scene?.runnable ?? (unsure ? "CANNOT_TELL" : "RUNNABLE");
  const drift: Drift = scene === undefined ? (unsure ? "UNKNOWN" : "IN_SYNC") : "DRIFTED";
  const finding = scene === undefined ? null : findingOf(scene, job, since);
  const item: DeviceItem = {
    thing,
    state,
    online: number % 5 === 0 ? null : state !== "silent",
    heardAt: iso(heardHours),
    drift,
    runnable,
    since,
    jobs: 1,
    product: number % 3 === 2 ? null : "Jetson AGX Xavier",
    jetpack:
      scene?.rule === "target.device"
        ? "4.6.3"
        : scene?.rule === "compiler.trt-ver"
          ? "5.0.2"
          : number % 3 === 2
            ? null
            : "4.6.1",
    arch: number % 3 === 2 ? "X86_64" : "ARM64",
    worst: finding,
  };
  const view: DeviceView = {
    ...item,
    firstHeardAt: iso(5000),
    expected: true,
    hasSigned: number % 2 === 0,
    device: {
      arch: item.arch,
      distro: "ubuntu 18.04",
      kernelRelease: "4.9.253-tegra",
      product: item.product,
      l4t: "32.7.1",
      jetpack: item.jetpack,
      gpus: ["integrated 7.2"],
      driver: null,
      cuda: "10.2.300",
      cudnn: "8.2.1",
      tensorrt: scene?.rule === "compiler.trt-ver" ? "8.5.2" : "8.2.1",
      cpu: "ARMv8 Processor rev 0 (v8l)",
      container: false,
    },
    agent: {
      version: "0.1.0",
      node: "v16.20.2",
      transport: "ipc",
      outbox: "disk",
      problems: number % 9 === 1 ? ["the shadow could not be read: denied by the policy"] : [],
    },
    states: [
      {
        ...job,
        drift,
        runnable,
        since,
        checkedAt: iso(heardHours),
        receivedAt: iso(heardHours),
        report: { epoch: "k3v9x2", sequence: 118 },
        findings: finding === null ? [] : [finding],
      },
    ],
    facts: null,
    factsAt: iso(300),
    epochs: [
      {
        epoch: "k3v9x2",
        first: 1,
        contiguous: 118,
        acked: 118,
        heardAt: iso(heardHours),
        missing: number % 40 === 3 ? [{ from: 119, to: 121 }] : [],
        lost: number % 17 === 0 ? [{ from: 40, to: 44, count: 5, givenUpBy: null }] : [],
      },
    ],
    chainFaults: number === 1 ? [{ epoch: "k3v9x2", sequence: 117, receivedAt: iso(30) }] : [],
  };
  return { view, group: scene === undefined ? -1 : SCENES.indexOf(scene) };
}

export function findingOf(
  scene: Scene,
  job: { readonly project: string; readonly job: string },
  since: string,
): FindingView {
  const { rule, path, expected, actual, severity, because, remedy } = scene;
  return {
    ...job,
    rule,
    path,
    expected,
    actual,
    outcome: "DRIFT",
    severity,
    because,
    remedy,
    cause: causeId(scene),
    since,
    until: null,
  };
}

export const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "‮moc.live‬ \u0000\u0007 zero​width",
  '=HYPERLINK("http://evil")',
  `${"very-long-name-without-any-space-".repeat(4)}end`,
  "מכשיר-שלוש",
  "{{constructor.constructor('alert(1)')()}}",
  "' OR 1=1 --",
];

/** Devices whose names and texts attack whoever shows them. */
export function hostileDevice(number: number): FakeDevice {
  const base = fakeDevice(number, 60);
  const text = HOSTILE[number % HOSTILE.length] ?? "";
  const finding: FindingView = {
    ...findingOf(SCENES[0] as Scene, { project: text, job: text }, iso(3)),
    expected: text,
    actual: text,
    because: text,
    remedy: [text, text],
  };
  return {
    group: 0,
    view: {
      ...base.view,
      thing: `${text} ${Math.floor(number / HOSTILE.length)}`,
      product: text,
      runnable: "WILL_NOT_RUN",
      drift: "DRIFTED",
      worst: finding,
      device: { ...(base.view.device as NonNullable<DeviceView["device"]>), product: text, gpus: [text], cpu: text },
      agent: { ...(base.view.agent as NonNullable<DeviceView["agent"]>), version: text, problems: [text] },
      states: base.view.states.map((state) => ({
        ...state,
        project: text,
        job: text,
        runnable: "WILL_NOT_RUN",
        drift: "DRIFTED",
        findings: [finding],
      })),
    },
  };
}
