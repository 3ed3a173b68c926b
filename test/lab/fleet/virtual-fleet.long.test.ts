import { describe, expect, it } from "vitest";
import type { SwitchedBroker } from "../../../src/lab/fleet/fleet-floor.js";
import { floorPlan } from "../../../src/lab/fleet/floor-plan.js";
import { PAST_DAYS } from "../../../src/lab/fleet/past-days.js";
import { recordedMachines } from "../../../src/lab/fleet/recorded-machines.js";
import type { SceneName } from "../../../src/lab/fleet/scenes.js";
import { archiveOf, jobsIn, virtualFleet } from "../../../src/lab/fleet/virtual-fleet.js";
import { virtualTime } from "../../../src/lab/fleet/virtual-time.js";
import { readAnswers } from "../../../src/lab/sample-archive.js";
import type { Report } from "../../../src/report/report.js";
import { type Cloud, someCloud } from "./fleet-parts.js";

const DAY_MS = 86_400_000;
const END = Date.parse("2026-11-29T13:30:00Z");
const answers = await readAnswers(new URL("../../../src/lab/jobs", import.meta.url).pathname);

describe("virtualFleet", () => {
  it("lives through days in which some devices stop fitting their models, for a few shared reasons", async () => {
    const { cloud, fleet } = await pastDays(20);

    const newest = newestByThing(cloud);
    expect(newest.size).toBe(20);
    expect(reasons(cloud)).toEqual({ "compiler.cuda-ver": 4, "compiler.mcpu": 1, "device.cuda-driver": 3 });
    expect(fleet.devices.filter(({ isOn }) => !isOn).map(({ thing }) => thing)).toEqual([
      "polish-01-line-2",
      "weld-02-line-1",
    ]);
    await fleet.stop();
  });

  it("reports everything: what is not received is named", async () => {
    const { cloud, fleet } = await pastDays(20);

    expect(cloud.received.filter(({ kind }) => kind === "conflict" || kind === "refused")).toEqual([]);
    const gaps = cloud.received.flatMap((each) => (each.kind === "gap" ? each : []));
    expect(gaps).toMatchObject([{ thing: "label-01-line-1", named: true }]);
    expect(fleet.devices.map(({ unacknowledged }) => unacknowledged)).toEqual(fleet.devices.map(() => 0));
    await fleet.stop();
  });

  it.each([1, 2, 5])("is a fleet of %i as well", async (count) => {
    const { cloud, fleet } = await pastDays(count);

    expect(newestByThing(cloud).size).toBe(count);
    await fleet.stop();
  });

  it.each<[SceneName, (cloud: Cloud, before: number) => unknown, unknown]>([
    ["jetpack-upgrade", stoppedBy("compiler.cuda-ver"), 3],
    ["driver-upgrade", stoppedBy("device.cuda-driver"), 4],
    ["silent", ({ sent }, before) => sent.slice(before).filter(({ payload }) => /lost/.test(payload)).length, 2],
    ["hole", kinds, ["early"]],
    ["named-gap", kinds, ["early", "gap", "report"]],
    ["forged", kinds, ["conflict", "refused", "refused", "refused"]],
    ["state-lost", kinds, ["report"]],
    ["returns", kinds, ["report", "report", "report"]],
  ])("plays the scene %s", async (scene, seen, expected) => {
    const { cloud, fleet, time } = await pastDays(20);
    const before = { sent: cloud.sent.length, received: cloud.received.length };

    fleet.run(1, [scene]);
    time.run(0);
    await time.jumpTo(END + 9 * 60_000, fleet.settled);

    expect(seen(cloud, scene === "silent" ? before.sent : before.received)).toEqual(expected);
    await fleet.stop();
  });

  it("plays the scene broker-outage: what devices report meanwhile arrives when the broker is back", async () => {
    let cloud: Cloud | null = null;
    const switched = (isUp: boolean) => async () => {
      if (cloud !== null) cloud.isUp = isUp;
    };
    const days = await pastDays(20, { stop: switched(false), start: switched(true) });
    cloud = days.cloud;
    const { fleet, time } = days;
    const before = cloud.received.length;

    fleet.run(1, ["broker-outage"]);
    time.run(0);
    await time.jumpTo(END + 60_000, fleet.settled);
    expect(cloud.received.slice(before)).toEqual([]);
    expect(fleet.devices.filter(({ waiting }) => waiting > 0)).toHaveLength(3);
    await time.jumpTo(END + 9 * 60_000, fleet.settled);

    expect(kinds(cloud, before)).toEqual(["report", "report", "report"]);
    expect(fleet.devices.every(({ unacknowledged }) => unacknowledged === 0)).toBe(true);
    await fleet.stop();
  });
});

async function pastDays(count: number, broker: SwitchedBroker | null = null) {
  const machines = recordedMachines();
  const time = virtualTime(END - PAST_DAYS * DAY_MS);
  const plan = floorPlan(count, machines, jobsIn(answers));
  const cloud = someCloud({ signatures: { verify: () => true } });
  const fleet = virtualFleet({
    plan,
    machines,
    jobs: archiveOf(answers, "archive http://127.0.0.1:8080", time.now),
    time,
    uplinks: cloud.uplinks,
    broker,
    publish: async (topic, payload) => cloud.publish(topic, payload),
    random: () => 0.5,
    say: () => {},
  });
  await fleet.playPastDays(END);
  return { cloud, fleet, time };
}

function newestByThing(cloud: Cloud): ReadonlyMap<string, Report> {
  const reports = cloud.received.flatMap((each) => (each.kind === "report" ? each.report : []));
  return new Map(reports.map((report) => [report.thing, report]));
}

/** How many devices will not run for each rule, by their last complete reports. */
function reasons(cloud: Cloud): Record<string, number> {
  const complete = cloud.received.flatMap((each) =>
    each.kind === "report" && each.report.kind === "COMPLETE" ? each.report : [],
  );
  const newest = new Map(complete.map((report) => [report.thing, report]));
  const counts: Record<string, number> = {};
  for (const { findings } of newest.values()) {
    const blocking = findings.filter(({ outcome, severity }) => outcome === "DRIFT" && severity === "BLOCKING");
    for (const rule of new Set(blocking.map((finding) => finding.rule))) counts[rule] = (counts[rule] ?? 0) + 1;
  }
  return counts;
}

function kinds({ received }: Cloud, before: number): readonly string[] {
  return received.slice(before).map(({ kind }) => kind);
}

function stoppedBy(rule: string) {
  return ({ received }: Cloud, before: number): number =>
    received
      .slice(before)
      .filter(
        (each) =>
          each.kind === "report" &&
          each.report.findings.some((finding) => finding.rule === rule && finding.severity === "BLOCKING"),
      ).length;
}
