import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../src/agent/newest-good.js";
import { retriedChecks } from "../../src/agent/retried-checks.js";
import { ExpectedError } from "../../src/base/errors.js";
import { fakeClock, fakeLog } from "./fake-clock.js";

function scene() {
  const clock = fakeClock();
  const log = fakeLog();
  const state = { failure: null as Error | null, at: [] as string[], hasSettings: false, hopeless: 0 };
  const checks = retriedChecks({
    async check(trigger) {
      state.at.push(`${clock.steadyMs()} ${trigger}`);
      if (state.failure !== null) throw state.failure;
    },
    log,
    later: clock.later,
    random: () => 0.5,
    hasSettings: () => state.hasSettings,
    onHopeless: () => {
      state.hopeless += 1;
    },
  });
  return { clock, log, state, checks };
}

describe("retriedChecks", () => {
  it("repeats a check that failed, with growing waits, and reports each failure", async () => {
    const { clock, log, state, checks } = scene();
    state.failure = new ExpectedError("the examiner died");
    await checks.run("SCHEDULE");
    await clock.pass(1_500);
    state.failure = null;
    await clock.pass(600_000);

    expect(state.at).toEqual(["0 SCHEDULE", "500 SCHEDULE", "1500 SCHEDULE", "3500 SCHEDULE"]);
    expect(log.of("check.failed")[0]).toEqual({ trigger: "SCHEDULE", message: "the examiner died", retryInMs: 500 });
    expect(clock.waits).toEqual([]);
  });

  it("drops the repetition when another check succeeds before", async () => {
    const { clock, state, checks } = scene();
    state.failure = new ExpectedError("no");
    await checks.run("SCHEDULE");
    state.failure = null;
    await checks.run("FACT_CHANGE");
    await clock.pass(600_000);

    expect(state.at).toEqual(["0 SCHEDULE", "0 FACT_CHANGE"]);
  });

  it("gives up on a bad configuration if there never was a good one, and otherwise repeats", async () => {
    const { clock, log, state, checks } = scene();
    state.failure = new ConfigurationError("bad");
    await checks.run("START");
    expect([state.hopeless, clock.waits]).toEqual([1, []]);
    expect(log.of("check.failed")).toEqual([{ trigger: "START", message: "bad", reaction: "ending with 3" }]);

    state.hasSettings = true;
    await checks.run("CONFIG_CHANGE");

    expect([state.hopeless, clock.waits]).toEqual([1, [500]]);
  });

  it("throws on a bug", async () => {
    const { state, checks } = scene();
    state.failure = new TypeError("bug");

    await expect(checks.run("START")).rejects.toThrow("bug");
  });

  it("does nothing once stopped, whatever the outcome of a check under way", async () => {
    const { clock, log, state, checks } = scene();
    state.failure = new ExpectedError("killed");
    const underWay = checks.run("START");
    checks.stop();
    await underWay;
    await checks.run("SCHEDULE");

    expect([state.at, log.lines, clock.waits]).toEqual([["0 START"], [], []]);
  });
});
