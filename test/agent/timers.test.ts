import { describe, expect, it } from "vitest";
import { timerSet } from "../../src/agent/timers.js";
import { fakeClock } from "./fake-clock.js";

describe("timerSet", () => {
  it("runs what is due, but no timer that was cancelled, singly or with all", async () => {
    const clock = fakeClock();
    const timers = timerSet(clock.later);
    const ran: string[] = [];
    timers.after(1_000, () => ran.push("a"));
    const cancel = timers.after(1_000, () => ran.push("b"));
    timers.after(2_000, () => ran.push("c"));
    cancel();
    await clock.pass(1_000);
    timers.cancelAll();
    await clock.pass(10_000);

    expect([ran, clock.waits]).toEqual([["a"], []]);
  });
});
