import { describe, expect, it } from "vitest";
import type { End } from "../../src/agent/session.js";
import { runSessions } from "../../src/agent/sessions.js";
import { fakeClock, fakeLog } from "./fake-clock.js";

const lost = (loss: "DROPPED" | "REFUSED"): End => ({ loss, message: `lost: ${loss}` });

/** A process whose sessions end as listed, each after so many seconds. */
function scene(ends: readonly (readonly [seconds: number, end: End])[], files: Record<string, string> = {}) {
  const clock = fakeClock();
  const log = fakeLog();
  const state = {
    triggers: [] as string[],
    sleeps: [] as number[],
    readOnly: false,
    stopWhileAsleep: false,
    failedProbes: 0,
  };
  const left = [...ends];
  const code = runSessions({
    log,
    store: {
      read: (name) => files[name] ?? null,
      write(name, text) {
        if (state.readOnly) throw new Error("EROFS");
        files[name] = text;
      },
    },
    async runSession(trigger, isFirst) {
      state.triggers.push(`${trigger}${isFirst ? " first" : ""}`);
      const [seconds, end] = left.shift() ?? [0, 0];
      await clock.pass(seconds * 1_000);
      return end;
    },
    isListening: async () => state.failedProbes-- <= 0,
    async sleep(milliseconds) {
      state.sleeps.push(milliseconds);
      await clock.pass(milliseconds);
      return state.stopWhileAsleep ? "stopped" : "over";
    },
    nowMs: clock.nowMs,
    uptimeMs: clock.steadyMs,
    random: () => 0.5,
  });
  return { code, state, log, files };
}
/** That a restart was tried a minute before, against a dropped connection. */
const RESTARTED = { "restarts.json": JSON.stringify([{ at: "2026-11-23T17:59:00.000Z", cause: "DROPPED" }]) };

describe("runSessions", () => {
  it("ends with the exit code of a session that ends by itself", async () => {
    const { code, state } = scene([[5, 3]]);

    expect([await code, state.triggers]).toEqual([3, ["START first"]]);
  });

  it("ends with 1 at a first loss, and remembers that over the restart", async () => {
    const { code, files } = scene([[5, lost("DROPPED")]]);

    expect(await code).toBe(1);
    expect(JSON.parse(files["restarts.json"] ?? "")).toEqual([{ at: "2026-11-23T18:00:05.000Z", cause: "DROPPED" }]);
  });

  it("ends after a dropped connection only once the nucleus listens again", async () => {
    const { code, state, log, files } = scene([[5, lost("DROPPED")]]);
    state.failedProbes = 90;

    expect(await code).toBe(1);
    expect(state.sleeps).toEqual(Array.from({ length: 90 }, () => 500));
    expect(log.of("nucleus.waiting")).toMatchObject([{ reaction: expect.stringContaining("has stopped") }]);
    expect(JSON.parse(files["restarts.json"] ?? "")).toEqual([{ at: "2026-11-23T18:00:50.000Z", cause: "DROPPED" }]);
  });

  it("does not wait for a nucleus that refuses it, and ends with 0 when it is stopped while it waits for one", async () => {
    const refused = scene([[5, lost("REFUSED")]]);
    refused.state.failedProbes = 1;
    const stopped = scene([[5, lost("DROPPED")]]);
    stopped.state.failedProbes = 1;
    stopped.state.stopWhileAsleep = true;

    expect([await refused.code, refused.state.sleeps, await stopped.code]).toEqual([1, [], 0]);
  });

  it("stays and connects again with growing waits when a restart has not helped", async () => {
    const { code, state, log } = scene(
      [
        [0, lost("DROPPED")],
        [0, lost("DROPPED")],
        [120, lost("DROPPED")],
        [0, 0],
      ],
      { ...RESTARTED },
    );

    expect(await code).toBe(0);
    expect(state.triggers).toEqual(["START first", "RECONNECT", "RECONNECT", "RECONNECT"]);
    // The third session was a long one: the waits begin anew.
    expect(state.sleeps).toEqual([500, 1_000, 500]);
    expect(log.of("nucleus.waiting")[0]).toMatchObject({ loss: "DROPPED", retryInMs: 500, restartInMs: 3_600_000 });
  });

  it("ends with 1 as soon as the nucleus has forgotten the last restart", async () => {
    const many = Array.from({ length: 100 }, () => [60, lost("DROPPED")] as const);
    const { code, state } = scene(many, { ...RESTARTED });

    expect(await code).toBe(1);
    expect(state.triggers.length).toBeGreaterThan(20);
  });

  it("stays until its own age is enough, where a restart cannot be remembered", async () => {
    const clockless = scene([[5, lost("REFUSED")]]);
    clockless.state.readOnly = true;
    clockless.state.stopWhileAsleep = true;

    expect(await clockless.code).toBe(0);
    expect(clockless.log.of("restart.not-kept")).toEqual([{ message: "EROFS" }]);
  });

  it("ends with 0 when it is stopped while it waits", async () => {
    const { code, state } = scene([[0, lost("DROPPED")]], { ...RESTARTED });
    state.stopWhileAsleep = true;

    expect([await code, state.triggers]).toEqual([0, ["START first"]]);
  });
});
