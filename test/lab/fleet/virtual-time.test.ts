import { describe, expect, it, vi } from "vitest";
import { virtualTime } from "../../../src/lab/fleet/virtual-time.js";

const MINUTE_MS = 60_000;

describe("virtualTime", () => {
  it("is stopped until it is started", () => {
    let real = 0;
    const time = virtualTime(1_000, () => real);
    real = 500;

    expect(time.now()).toBe(1_000);
    time.run(10);
    real = 600;
    expect(time.now()).toBe(2_000);
  });

  it("jumps from one thing that is due to the next, each at its time", async () => {
    const time = virtualTime(0, () => 0);
    const ran: [string, number][] = [];
    const note = (name: string) => () => ran.push([name, time.now()]);
    time.later(3 * MINUTE_MS, note("third"));
    time.later(MINUTE_MS, () => {
      note("first")();
      time.later(MINUTE_MS, note("second"));
    });
    time.later(9 * MINUTE_MS, note("too late"));

    await time.jumpTo(8 * MINUTE_MS, async () => {});

    expect(ran).toEqual([
      ["first", MINUTE_MS],
      ["second", 2 * MINUTE_MS],
      ["third", 3 * MINUTE_MS],
    ]);
    expect(time.now()).toBe(8 * MINUTE_MS);
  });

  it("waits for what is under way before it jumps far, and runs what that has made due", async () => {
    const time = virtualTime(0, () => 0);
    const ran: string[] = [];
    let answered = false;
    time.later(1_000, () => ran.push("sent"));
    time.later(60 * MINUTE_MS, () => ran.push("last"));

    await time.jumpTo(120 * MINUTE_MS, async () => {
      if (ran.length === 0 || answered) return;
      answered = true;
      time.later(MINUTE_MS, () => ran.push("answered"));
    });

    expect(ran).toEqual(["sent", "answered", "last"]);
  });

  it("forgets what was cancelled, and everything when it is stopped", async () => {
    const time = virtualTime(0, () => 0);
    const action = vi.fn();
    time.later(1, action)();
    time.later(1, action);
    time.stop();

    await time.jumpTo(10, async () => {});

    expect(action).not.toHaveBeenCalled();
  });

  it("runs what is due while it runs, sooner the faster it is", async () => {
    const time = virtualTime(0);
    const done = new Promise<number>((resolve) => time.later(60 * MINUTE_MS, () => resolve(time.now())));

    time.run(1e6);

    expect(await done).toBeGreaterThanOrEqual(60 * MINUTE_MS);
    time.stop();
  });
});
