import { describe, expect, it } from "vitest";
import { nextCheck } from "../../src/agent/next-check.js";
import { fakeClock } from "./fake-clock.js";

const HOUR = 3_600_000;

function scene(heartbeatInMs = Number.POSITIVE_INFINITY) {
  const clock = fakeClock();
  const state = { heartbeatInMs, checks: [] as string[], heartbeats: 0 };
  const schedule = nextCheck({
    nowMs: clock.nowMs,
    later: clock.later,
    heartbeatInMs: () => state.heartbeatInMs,
    onHeartbeat: () => {
      state.heartbeats += 1;
    },
    onSchedule: () => state.checks.push(new Date(clock.nowMs()).toISOString()),
  });
  return { clock, state, schedule };
}

describe("nextCheck", () => {
  it("calls at each planned time, and every 6 h once no time is left", async () => {
    const { clock, state, schedule } = scene();
    schedule.plan(["2026-11-23T17:00:00.000Z", "2026-11-23T18:10:00.000Z", "2026-11-23T20:30:00.000Z"]);

    await clock.pass(9 * HOUR);

    expect(state.checks).toEqual(["2026-11-23T18:10:00.000Z", "2026-11-23T20:30:00.000Z", "2026-11-24T02:30:00.000Z"]);
  });

  it("notices within an hour that the clock was set forward past the time", async () => {
    const { clock, state, schedule } = scene();
    schedule.plan(["2026-11-30T18:00:00.000Z"]);
    clock.setBack(-30 * 24 * HOUR);

    await clock.pass(HOUR);

    expect(state.checks).toEqual(["2026-12-23T19:00:00.000Z"]);
  });

  it("sleeps no longer than planned in all, though the clock was set back meanwhile", async () => {
    const { clock, state, schedule } = scene(HOUR / 4);
    schedule.plan(["2026-11-23T18:30:00.000Z"]);
    await clock.pass(HOUR / 4);

    clock.setBack(24 * HOUR);
    await clock.pass(HOUR / 4);

    expect(state.checks).toEqual(["2026-11-22T18:30:00.000Z"]);
  });

  it("wakes for a heartbeat, and keeps the time of the check", async () => {
    const { clock, state, schedule } = scene(10 * 60_000);
    schedule.plan(["2026-11-23T18:25:00.000Z"]);

    await clock.pass(25 * 60_000);

    expect([state.heartbeats, state.checks]).toEqual([3, ["2026-11-23T18:25:00.000Z"]]);
  });

  it("replaces earlier times by new ones, and does not call once stopped", async () => {
    const { clock, state, schedule } = scene();
    schedule.plan(["2026-11-23T18:10:00.000Z"]);
    schedule.plan(["2026-11-23T18:20:00.000Z"]);
    await clock.pass(20 * 60_000);
    expect(state.checks).toEqual(["2026-11-23T18:20:00.000Z"]);

    schedule.stop();
    schedule.plan(["2026-11-23T18:30:00.000Z"]);

    expect(clock.waits).toEqual([]);
  });
});
