import { describe, expect, it } from "vitest";
import { keepShadow } from "../../../src/agent/shadow/keep.js";
import { ExpectedError } from "../../../src/base/errors.js";

/** A shadow at a service that answers as told, and a clock that is moved by hand. */
function scene(answers: (string | Error)[] = [], beforeAnswer = () => {}) {
  const state = {
    now: 1_000_000,
    sent: [] as { at: number; document: unknown }[],
    reads: 0,
    unreadable: 0,
    desired: [] as unknown[],
  };
  const timers: { at: number; action: () => void }[] = [];
  const events: string[] = [];
  let there = { version: 1, state: {} as object };
  const shadow = keepShadow({
    port: {
      async get() {
        state.reads += 1;
        if (state.unreadable-- > 0) throw new ExpectedError("offline");
        return JSON.stringify(there);
      },
      async update(document) {
        state.sent.push({ at: state.now - 1_000_000, document: JSON.parse(document) });
        beforeAnswer();
        const answer = answers.shift() ?? JSON.stringify({ version: state.sent.length + 1 });
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    later(milliseconds, action) {
      const timer = { at: state.now + milliseconds, action };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    nowMs: () => state.now,
    random: () => 1,
    onDesired: (desired) => state.desired.push(desired),
    onEvent: (event) => events.push(event),
  });
  return {
    shadow,
    state,
    events,
    holds(next: typeof there) {
      there = next;
    },
    async pass(milliseconds: number) {
      const end = state.now + milliseconds;
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      for (;;) {
        const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.splice(timers.indexOf(due), 1);
        state.now = Math.max(state.now, due.at);
        due.action();
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      }
      state.now = end;
    },
  };
}
const DAY = 86_400_000;

describe("keepShadow", () => {
  it("writes changes at most every 10 s, the newest only", async () => {
    const { shadow, state, pass } = scene();
    for (let n = 0; n < 5; n++) {
      shadow.report({ drift: String(n) }, DAY);
      await pass(1_000);
    }
    await pass(20_000);

    expect(state.sent.map(({ at }) => at)).toEqual([0, 10_000]);
    expect(state.sent[1]?.document).toEqual({ state: { reported: { drift: "4" } }, version: 2 });
  });

  it("does not write a later check with the same result, until it is time to refresh the shadow", async () => {
    const { shadow, state, pass } = scene();
    for (let hour = 0; hour <= 25; hour++) {
      shadow.report({ drift: "IN_SYNC", checked: hour, seq: hour }, DAY);
      await pass(3_600_000);
    }

    expect(state.sent.map(({ at }) => at)).toEqual([0, DAY]);
  });

  it("reads the shadow after a conflict, applies what is desired, and writes over the version that it then knows", async () => {
    const { shadow, state, events, holds, pass } = scene(["conflict"]);
    holds({ version: 7, state: { desired: { logLevel: "debug", nested: { no: 1 } } } });
    shadow.report({ drift: "IN_SYNC" }, DAY);
    await pass(1_000);

    expect(state.sent.map(({ document }) => (document as { version?: number }).version)).toEqual([undefined, 7]);
    expect(state.desired).toEqual([{ logLevel: "debug", nested: '{"no":1}' }]);
    expect(events).toEqual(["shadow.written"]);
  });

  it("tries again with back-off while writing fails, and reports it once", async () => {
    const { shadow, state, events, pass } = scene(Array(17).fill(new ExpectedError("offline")));
    shadow.report({ drift: "IN_SYNC" }, DAY);
    await pass(2_000_000);

    const waits = state.sent.map(({ at }, n) => at - (state.sent[n - 1]?.at ?? 0));
    // Within five minutes of the first failure every 20 s, then with the back-off of so many failures.
    expect(waits).toEqual([0, ...Array(16).fill(20_000), 600_000]);
    expect(events).toEqual(["shadow.not-written", "shadow.written"]);
  });

  it("trusts no delta and no accepted document: it reads the shadow", async () => {
    const { shadow, state, pass } = scene();
    shadow.delta('{"version":9,"state":{"schedule":"* * * * *","heartbeatHours":1}}');
    shadow.accepted('{"version":9,"state":{"desired":{"schedule":"* * * * *"}}}');
    await pass(60_000);

    expect([state.desired, state.reads]).toEqual([[], 2]);
  });

  it("follows what is desired with one read in 10 s, however often it changes", async () => {
    const { shadow, state, holds, pass } = scene();
    for (let version = 2; version <= 1_001; version++) {
      const desired = { logLevel: version % 2 === 0 ? "debug" : "info" };
      holds({ version, state: { desired } });
      shadow.delta(JSON.stringify({ version, state: desired }));
      shadow.accepted(JSON.stringify({ version, state: { desired } }));
      await pass(30);
    }
    await pass(60_000);

    // Within 30 s, and once for what came last.
    expect(state.reads).toBeLessThanOrEqual(5);
    expect(state.desired.length).toBeLessThanOrEqual(5);
    expect(state.desired.at(-1)).toEqual({ logLevel: "info" });
  });

  it("reads nothing for what it has read or written itself", async () => {
    const { shadow, state, holds, pass } = scene();
    holds({ version: 5, state: { desired: { logLevel: "debug" } } });
    shadow.start();
    await pass(20_000);
    shadow.delta('{"version":5,"state":{"logLevel":"debug"}}');
    shadow.accepted('{"version":5,"state":{"desired":{"logLevel":"debug"}}}');
    shadow.accepted('{"version":6,"state":{"reported":{}}}');
    await pass(20_000);

    expect(state.reads).toBe(1);
  });

  it.each([
    ["nothing for the delta of its own write, which comes before the answer", [2], 0],
    ["once for a delta of another version that comes then", [2, 9, 2, 10], 1],
  ])("reads %s", async (_what, versions, reads) => {
    const { shadow, state, pass } = scene([], () => {
      for (const version of versions) shadow.delta(JSON.stringify({ version, state: { drift: "IN_SYNC" } }));
    });
    shadow.report({ drift: "IN_SYNC" }, DAY);
    await pass(5_000);

    expect([state.sent.length, state.reads]).toEqual([1, reads]);
  });

  it("repeats a read that fails until it succeeds, and reports it once", async () => {
    const { shadow, state, events, pass } = scene();
    state.unreadable = 3;
    shadow.start();
    await pass(60_000);

    expect([state.reads, events]).toEqual([4, ["shadow.not-written"]]);
  });

  it.each(["", "null", "7", "[", '{"state":7}', '{"version":"x"}'])(
    "takes nothing from the malformed delta %s",
    (text) => {
      const { shadow, state } = scene();
      shadow.delta(text);
      expect(state.desired).toEqual([]);
    },
  );
});
