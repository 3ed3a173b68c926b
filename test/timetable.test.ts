import { describe, expect, it } from "vitest";
import { jitterMs } from "../src/agent.js";
import { createTimetable } from "../src/timetable.js";

/** A timetable whose schedule and clock are moved by hand. */
function scene(thing = "line-4") {
  const state = { due: 0, slots: new Map<string, () => void>(), timers: [] as { ms: number; action: () => void }[] };
  const timetable = createTimetable({
    thing,
    onSchedule: (expression, due) => {
      state.slots.set(expression, due);
      return () => void state.slots.delete(expression);
    },
    later: (ms, action) => {
      const timer = { ms, action };
      state.timers.push(timer);
      return () => void state.timers.splice(state.timers.indexOf(timer), 1);
    },
    due: () => {
      state.due += 1;
    },
  });
  return { state, timetable };
}

describe("timetable", () => {
  it("puts each scheduled check off by the thing's own jitter", () => {
    const { state, timetable } = scene();
    timetable.set({ schedule: "0 * * * *", jitterSeconds: 600 });

    state.slots.get("0 * * * *")?.();

    expect(state.due).toBe(0);
    expect(state.timers.map(({ ms }) => ms)).toEqual([jitterMs("line-4", 600)]);
    state.timers[0]?.action();
    expect(state.due).toBe(1);
  });

  it("still checks when the jitter is longer than the schedule's interval", () => {
    const { state, timetable } = scene();
    timetable.set({ schedule: "* * * * *", jitterSeconds: 3_600 });
    for (let minute = 0; minute < 30; minute++) state.slots.get("* * * * *")?.();

    expect(state.timers).toHaveLength(1);
    state.timers[0]?.action();
    expect(state.due).toBe(1);
  });

  it("goes by the new times alone after a change", () => {
    const { state, timetable } = scene();
    timetable.set({ schedule: "0 * * * *", jitterSeconds: 600 });
    state.slots.get("0 * * * *")?.();

    timetable.set({ schedule: "30 * * * *", jitterSeconds: 600 });

    expect([...state.slots.keys()]).toEqual(["30 * * * *"]);
    expect(state.timers).toEqual([]);
  });
});

describe("jitterMs", () => {
  it("spreads a fleet evenly over the whole jitter", () => {
    const buckets = new Array<number>(20).fill(0);
    for (let n = 0; n < 20_000; n++) {
      const bucket = Math.floor(jitterMs(`plant-7-line-${n}`, 21_600) / (21_600_000 / 20));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // 1,000 each, give or take five standard deviations (31).
    expect(Math.min(...buckets)).toBeGreaterThan(845);
    expect(Math.max(...buckets)).toBeLessThan(1_155);
  });

  it("is the same for ever for one thing, and below the jitter", () => {
    expect(jitterMs("line-4", 600)).toBe(jitterMs("line-4", 600));
    expect(jitterMs("line-4", 0)).toBe(0);
  });
});
