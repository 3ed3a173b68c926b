import { describe, expect, it } from "vitest";
import { followConfiguration } from "../../src/agent/settings-events.js";
import { fakeClock } from "./fake-clock.js";

function scene() {
  const clock = fakeClock();
  const settledAt: number[] = [];
  let change = () => {};
  followConfiguration({
    subscribe(changed) {
      change = changed;
      return { close: async () => undefined };
    },
    later: clock.later,
    nowMs: clock.steadyMs,
    onSettled: () => settledAt.push(clock.steadyMs()),
  });
  return { clock, settledAt, change: () => change() };
}

describe("followConfiguration", () => {
  it("calls once for events that come together, a second after the last", async () => {
    const { clock, settledAt, change } = scene();
    for (let leaf = 0; leaf < 5; leaf++) {
      change();
      await clock.pass(500);
    }
    await clock.pass(60_000);
    change();
    await clock.pass(60_000);

    expect(settledAt).toEqual([3_000, 63_500]);
  });

  it("calls every 10 s while the configuration never settles", async () => {
    const { clock, settledAt, change } = scene();
    for (let leaf = 0; leaf < 50; leaf++) {
      change();
      await clock.pass(500);
    }

    expect(settledAt).toEqual([10_000, 20_000]);
  });
});
