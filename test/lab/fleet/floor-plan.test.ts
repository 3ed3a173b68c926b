import { describe, expect, it } from "vitest";
import { floorPlan } from "../../../src/lab/fleet/floor-plan.js";
import { recordedMachines } from "../../../src/lab/fleet/recorded-machines.js";
import { jobsIn } from "../../../src/lab/fleet/virtual-fleet.js";
import { readAnswers } from "../../../src/lab/sample-archive.js";

const jobs = jobsIn(await readAnswers(new URL("../../../src/lab/jobs", import.meta.url).pathname));
const machines = recordedMachines();

describe("floorPlan", () => {
  it("has every area in twenty devices, by its share", () => {
    const { devices } = floorPlan(20, machines, jobs);
    const counts: Record<string, number> = {};
    for (const { area } of devices) counts[area] = (counts[area] ?? 0) + 1;

    expect(counts).toEqual({ press: 7, weld: 3, paint: 4, polish: 2, label: 2, bottle: 2 });
  });

  it("names each device once, in any number of them, and those that are never received separately", () => {
    const { devices, neverHeard } = floorPlan(500, machines, jobs);
    const names = [...devices.map(({ thing }) => thing), ...neverHeard];

    expect(new Set(names).size).toBe(names.length);
    expect(neverHeard).toHaveLength(2);
    expect(names.every((name) => /^[a-z]+-\d\d+-line-[12]$/.test(name))).toBe(true);
  });

  it("has a key for some of them, and for each the component that its job made", () => {
    const { devices, keys } = floorPlan(20, machines, jobs);

    expect(keys.size).toBe(5);
    expect(devices.filter(({ sign }) => sign !== null).map(({ thing }) => thing)).toEqual([...keys.keys()]);
    expect(devices.every(({ deployed }) => Object.keys(deployed).length === 1)).toBe(true);
  });
});
