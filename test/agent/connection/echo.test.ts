import { describe, expect, it } from "vitest";
import { echo } from "../../../src/agent/connection/echo.js";

/** An echo whose clock is moved by hand. */
function scene(intervalMs = 240_000) {
  let now = 0;
  const timers: { at: number; action: () => void }[] = [];
  const state = {
    sent: [] as string[],
    lostAt: [] as number[],
    backAt: [] as number[],
    offline: false,
    answers: true,
    open: [] as { taken: () => void; failed: () => void }[],
  };
  const canary = echo({
    send(word) {
      if (state.offline) return Promise.reject(new Error("offline"));
      state.sent.push(word);
      return state.answers ? Promise.resolve() : new Promise((taken, failed) => state.open.push({ taken, failed }));
    },
    later(milliseconds, action) {
      const timer = { at: now + milliseconds, action };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    intervalMs,
    onNotReceiving: () => state.lostAt.push(now),
    onBack: () => state.backAt.push(now),
  });
  return {
    canary,
    state,
    async pass(milliseconds: number) {
      const end = now + milliseconds;
      for (;;) {
        const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.splice(timers.indexOf(due), 1);
        now = due.at;
        due.action();
        await Promise.resolve();
        await Promise.resolve();
      }
      now = end;
    },
  };
}

describe("echo", () => {
  it("reports lost subscriptions within five minutes, at the default interval", async () => {
    const { state, pass } = scene();
    await pass(300_000);

    expect(state.lostAt).toEqual([270_000]);
  });

  it("reports nothing while its messages come back", async () => {
    const { canary, state, pass } = scene();
    for (let hour = 0; hour < 10; hour++) {
      await pass(240_000);
      canary.received(state.sent[state.sent.length - 1] ?? "");
    }

    expect([state.sent.length, state.lostAt, state.backAt]).toEqual([10, [], []]);
  });

  it("reports when messages come back after some did not", async () => {
    const { canary, state, pass } = scene();
    await pass(270_000 + 240_000);
    canary.received(state.sent[1] ?? "");

    expect(state.backAt).toEqual([510_000]);
  });

  it("treats a failed publish as being offline, not as lost subscriptions", async () => {
    const { canary, state, pass } = scene();
    state.offline = true;
    await pass(3_600_000);
    state.offline = false;
    await pass(240_000);
    canary.received(state.sent[0] ?? "");

    expect([state.lostAt, state.backAt.length]).toEqual([[], 1]);
  });

  it("ignores messages that it has not sent, or that came too late", async () => {
    const { canary, state, pass } = scene();
    await pass(240_000);
    canary.received("somebody else's");
    await pass(30_000);

    expect(state.lostAt).toEqual([270_000]);
  });

  it("publishes at most once an hour where messages never come back", async () => {
    const { state, pass } = scene();
    await pass(48 * 3_600_000);

    expect(state.sent.length).toBeLessThan(56);
  });

  it.each(["failed", "taken"] as const)(
    "continues once though its message was received before its sending %s",
    async (end) => {
      const { canary, state, pass } = scene();
      state.answers = false;
      await pass(240_000);
      canary.received(state.sent[0] ?? "");
      await pass(240_000);

      state.open[0]?.[end]();
      for (let hour = 0; hour < 10; hour++) {
        canary.received(state.sent[state.sent.length - 1] ?? "");
        await pass(240_000);
      }

      expect([state.sent.length, state.lostAt, state.backAt]).toEqual([12, [], []]);
    },
  );

  it("reports nothing once stopped", async () => {
    const { canary, state, pass } = scene();
    await pass(240_000);
    canary.stop();
    await pass(3_600_000);

    expect([state.sent.length, state.lostAt]).toEqual([1, []]);
  });
});
