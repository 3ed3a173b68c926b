import { describe, expect, it } from "vitest";
import { phasesOf } from "../../../bench/fleet-million/day.js";
import { seeded } from "../../chaos/seeded.js";

const THINGS = 20_000;
const plan = {
  things: THINGS,
  returns: [
    { afterMs: 0, kind: "HEARTBEAT" as const },
    { afterMs: 1_000, kind: "COMPLETE" as const },
    { afterMs: 300_000, kind: "HEARTBEAT" as const },
  ],
  waiting: 1,
  isJetson: (thing: number) => thing % 2 === 0,
  random: seeded(1),
};
const phase = (name: string, more = {}) => {
  const found = phasesOf({ ...plan, ...more }).find((each) => each.name === name);
  if (found === undefined) throw new Error(`No phase ${name}`);
  return found;
};

describe("phasesOf", () => {
  it("has a heartbeat of each device, but for the hour without any, and plays a minute of them", () => {
    const { messages, arrivals } = phase("heartbeats");
    const { atMs } = arrivals();

    expect(messages).toBe(Math.round((THINGS / 86_400) * (86_400 - 3_600 - 600)));
    expect(atMs.length).toBe(Math.round((THINGS / 86_400) * 60));
    expect([...atMs].every((at, index) => at < 60_000 && at >= (atMs[index - 1] ?? 0))).toBe(true);
  });

  it("upgrades a twentieth of the devices, all of them Jetsons, at the wave's pace", () => {
    const { messages, arrivals } = phase("wave");
    const { things, kinds, atMs } = arrivals();
    const changed = [...things].filter((_, at) => kinds[at] === "CHANGED");

    expect(messages).toBe(1_000 + Math.round((THINGS / 86_400) * 600));
    expect(atMs.length).toBe(Math.round(messages / 20));
    expect(changed.every(plan.isJetson)).toBe(true);
    expect(new Set(changed).size).toBe(changed.length);
  });

  it("has every device return once, as the sample does", () => {
    const { arrivals, messages } = phase("return");
    const { atMs, things } = arrivals();
    const median = atMs[THINGS / 2] ?? 0;

    expect([messages, new Set(things).size]).toEqual([THINGS, THINGS]);
    expect(median).toBeGreaterThan(990);
    expect(median).toBeLessThan(1_100);
    expect([...atMs].every((at, index) => index === 0 || at >= (atMs[index - 1] ?? 0))).toBe(true);
  });

  it("has a share of the devices return in that share of the time, as many a second", () => {
    const { arrivals, messages, times } = phase("return", { returning: 0.1 });
    const { atMs } = arrivals();

    expect([messages, atMs.length, times, Math.round((atMs.at(-1) ?? 0) / 1_000)]).toEqual([THINGS, 2_000, 10, 30]);
  });

  it("plays everything faster for a few devices that represent many", () => {
    const [plain, squeezed] = [phase("return"), phase("return", { squeeze: 50 })].map(
      ({ arrivals }) => arrivals().atMs,
    );

    expect(squeezed?.at(-1)).toBe((plain?.at(-1) ?? 0) / 50);
    expect(squeezed?.length).toBe(plain?.length);
  });
});
