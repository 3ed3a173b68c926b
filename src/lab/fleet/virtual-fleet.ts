import { JobUnavailableError } from "../../base/errors.js";
import type { PackagingJob } from "../../job/job.js";
import { parseJob } from "../../job/parse-job.js";
import type { JobSource } from "../../sources/source.js";
import { jobsInMemory } from "../sample-archive.js";
import type { FleetFloor, SwitchedBroker } from "./fleet-floor.js";
import type { FloorPlan } from "./floor-plan.js";
import { planPastDays } from "./past-days.js";
import type { RecordedMachine } from "./recorded-machines.js";
import { planScenes, type SceneName } from "./scenes.js";
import type { Uplinks } from "./uplinks.js";
import { type VirtualDevice, virtualDevice } from "./virtual-device.js";
import type { VirtualTime } from "./virtual-time.js";

/** The parts of a virtual fleet. */
interface VirtualFleetParts {
  readonly plan: FloorPlan;
  readonly machines: ReadonlyMap<string, RecordedMachine>;
  readonly jobs: JobSource;
  readonly time: VirtualTime;
  readonly uplinks: Uplinks;
  readonly broker: SwitchedBroker | null;
  readonly publish: FleetFloor["publish"];
  readonly random: () => number;
  readonly say: (text: string) => void;
}

/** Devices that share one clock. */
interface VirtualFleet {
  readonly devices: readonly VirtualDevice[];
  /** Plays the past days, up to this time. */
  playPastDays(endMs: number): Promise<void>;
  /** Continues from now, with these scenes. */
  run(speed: number, scenes: readonly SceneName[]): void;
  /** Resolves once nothing is being sent, and what was sent is acknowledged or there is no receiver. */
  settled(): Promise<void>;
  /** Switches all devices off. */
  stop(): Promise<void>;
}

/** Devices that are switched off. */
export function virtualFleet(parts: VirtualFleetParts): VirtualFleet {
  const { plan, time, uplinks, jobs, random } = parts;
  const devices = plan.devices.map((spec) => virtualDevice(spec, { time, uplinks, jobs, random }));
  const floor: FleetFloor = { ...parts, devices };

  const settled = settling(devices);

  return {
    devices,
    settled,
    async playPastDays(endMs) {
      planPastDays(floor, endMs);
      await time.jumpTo(endMs, settled);
    },
    run(speed, scenes) {
      planScenes(floor, scenes, speed);
      time.run(speed);
    },
    async stop() {
      await Promise.all(devices.map((device) => device.stop("in order")));
    },
  };
}

/** How long to wait for acknowledgements that do not come, before the clock continues without them. */
const PATIENCE_MS = 500;
const LOOK_AGAIN_MS = 5;

/** Waits until nothing is being sent, and what was sent is acknowledged as far as it will be. */
function settling(devices: readonly VirtualDevice[]): () => Promise<void> {
  let sentBefore = -1;
  /** What stays unacknowledged: a report behind a gap that its device will name with the next one. */
  let stays = 0;
  const sum = (of: (device: VirtualDevice) => number) => devices.reduce((total, device) => total + of(device), 0);
  const unacknowledged = () => sum((device) => device.unacknowledged);

  return async () => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (devices.some(({ isIdle }) => !isIdle));
    const sent = sum((device) => device.sent);
    if (sent === sentBefore) return;
    sentBefore = sent;
    let left = unacknowledged();
    for (let sinceMs = performance.now(); left > stays && performance.now() - sinceMs < PATIENCE_MS; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      const now = unacknowledged();
      if (now < left) sinceMs = performance.now();
      left = now;
    }
    stays = left;
  };
}

/** Saved answers as an archive that devices ask. */
export function archiveOf(answers: readonly unknown[], name: string, now: () => number): JobSource {
  const stored = jobsInMemory(answers);
  return {
    name,
    async describe({ project, job }) {
      const found = await stored.find(project, job);
      if (found === null)
        throw new JobUnavailableError(`There is no job "${job}" in project "${project}"`, "NOT_FOUND");
      return { answer: { ModelPackagingDescription: found }, fetchedAt: new Date(now()).toISOString() };
    },
  };
}

/** The jobs in saved answers. */
export function jobsIn(answers: readonly unknown[]): readonly PackagingJob[] {
  return answers.map(parseJob);
}
