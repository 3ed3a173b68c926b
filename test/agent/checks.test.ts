import { describe, expect, it } from "vitest";
import { type AgentParts, createAgent } from "../../src/agent/checks.js";
import { ConfigurationError } from "../../src/agent/newest-good.js";
import { ExpectedError } from "../../src/base/errors.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import type { Examination, ExaminationRequest } from "../../src/examiner/protocol.js";
import { firstOf, memoryStore, readOnly, someOutbox } from "../outbox/builders.js";
import { someReport, unnumbered } from "../report/builders.js";

const CAPABILITIES = {
  spool: "AVAILABLE",
  shadow: "MISSING",
  componentDetails: "DENIED",
  validation: "AVAILABLE",
  updates: "AVAILABLE",
} as const;

/** An agent whose clock, configuration and examiner are moved by hand. */
function scene(over: Partial<AgentParts> = {}) {
  const state = {
    now: Date.parse("2026-11-23T18:00:00Z"),
    configuration: { good: true } as unknown,
    lastGood: null as unknown,
    content: "the same",
    nextChecks: ["2026-11-23T19:00:00.000Z"],
    requests: [] as ExaminationRequest[],
    timers: [] as { milliseconds: number; action: () => void }[],
    flushes: 0,
    events: [] as string[],
  };
  const log = (event: string) => void state.events.push(event);
  const outbox = someOutbox(memoryStore(), { newEpoch: () => "e", onProblem: log });
  const examine = async (request: ExaminationRequest): Promise<Examination> => {
    state.requests.push(request);
    if (request.configuration === "bad") return { kind: "refused", message: "bad configuration" };
    const { agent, trigger, thing } = request;
    const report = unnumbered(someReport({ agent: { ...agent, transport: "ipc" }, trigger, thing }));
    const { nextChecks, content } = state;
    return {
      kind: "done",
      settings: parseSettings({}),
      nextChecks,
      reports: [{ report, content }],
      shadow: null,
      modelFiles: [],
      log: [],
    };
  };
  const agent = createAgent({
    thing: "line-4",
    version: "0.1.0",
    nodeVersion: "v16.20.2",
    log: { debug: log, info: log, warn: log, error: log },
    now: () => new Date(state.now),
    later: (milliseconds, action) => {
      const timer = { milliseconds, action };
      state.timers.push(timer);
      return () => void state.timers.splice(state.timers.indexOf(timer), 1);
    },
    readConfiguration: async () => state.configuration,
    lastGood: {
      load: () => state.lastGood,
      save: (raw) => {
        state.lastGood = raw;
      },
    },
    desired: () => ({}),
    ipcProblems: () => [],
    capabilities: async () => CAPABILITIES,
    examine,
    onResult: () => {},
    onChecked: () => {},
    onSchedule: () => void agent.check("SCHEDULE").catch(() => log("failed")),
    outbox,
    workFolderProblem: () => null,
    untrustedFile: () => null,
    delivery: {
      flush: async () => {
        state.flushes += 1;
      },
    },
    ...over,
  });
  return { agent, state, outbox };
}

describe("agent", () => {
  it("writes what is only in memory as soon as it can, trying each minute, without another report", async () => {
    const store = memoryStore();
    store.failing = readOnly;
    const outbox = someOutbox(store);
    const { agent, state } = scene({ outbox });
    const retry = () => state.timers.find(({ milliseconds }) => milliseconds === 60_000)?.action();
    const [report] = await agent.check("START");

    retry();
    expect([outbox.storage.kind, state.events.includes("outbox.healed")]).toEqual(["memory", false]);
    store.failing = null;
    state.timers.splice(0, 1);
    retry();

    expect([outbox.storage.kind, state.events.includes("outbox.healed")]).toEqual(["disk", true]);
    expect(firstOf(someOutbox(store))).toEqual(report);
  });

  it("reports a first check in full, stores it and hands it to the delivery", async () => {
    const { agent, state, outbox } = scene();

    const [report] = await agent.check("START");

    expect(report).toMatchObject({ kind: "COMPLETE", trigger: "START", sequence: 1, thing: "line-4" });
    expect(firstOf(outbox)).toEqual(report);
    expect(state.flushes).toBe(1);
  });

  it("reports nothing while nothing changes, then sends a heartbeat when it is time", async () => {
    const { agent, state } = scene();
    await agent.check("START");

    expect(await agent.check("SCHEDULE")).toEqual([]);
    state.now += 24 * 3_600_000;
    expect(await agent.check("SCHEDULE")).toMatchObject([{ kind: "HEARTBEAT", sequence: 2, findings: [] }]);
    expect(await agent.check("SCHEDULE")).toEqual([]);
  });

  it("sends a heartbeat when it is time, though the next check is a week away or fails", async () => {
    const told: string[] = [];
    const { agent, state, outbox } = scene({
      onChecked: (_, reports) => told.push(...reports.map(({ kind }) => kind)),
    });
    state.nextChecks = ["2026-11-30T18:00:00.000Z"];
    const [first] = await agent.check("START");
    const madeAt: string[] = [];

    for (let turn = 0; turn < 78; turn++) {
      const timer = state.timers.shift();
      state.now += timer?.milliseconds ?? 0;
      const before = outbox.waiting;
      timer?.action();
      if (outbox.waiting > before) madeAt.push(new Date(state.now).toISOString());
    }

    expect(madeAt).toEqual(["2026-11-24T18:02:00.000Z", "2026-11-25T18:04:00.000Z", "2026-11-26T18:06:00.000Z"]);
    expect(told).toEqual(["COMPLETE", "HEARTBEAT", "HEARTBEAT", "HEARTBEAT"]);
    expect(state.requests).toHaveLength(1);
    const last = outbox.read(outbox.unsent().at(-1)?.id ?? "");
    expect(last).toMatchObject({ kind: "HEARTBEAT", sequence: 4, trigger: "START", checkedAt: first?.checkedAt });
    expect([state.flushes, state.timers.length]).toEqual([4, 1]);
  });

  it("leaves the heartbeat to a check that begins when it is due", async () => {
    const { agent, state, outbox } = scene();
    state.nextChecks = ["2026-11-24T18:00:00.000Z", "2026-11-25T18:00:00.000Z"];
    await agent.check("START");

    while (state.requests.length < 2) {
      state.now += state.timers[0]?.milliseconds ?? 0;
      state.timers.shift()?.action();
      await new Promise(setImmediate);
    }

    await expect.poll(() => outbox.unsent().map(({ kind }) => kind)).toEqual(["COMPLETE", "HEARTBEAT"]);
    expect(outbox.read(outbox.unsent()[1]?.id ?? "")).toMatchObject({ trigger: "SCHEDULE" });
  });

  it("reports in full as soon as something differs", async () => {
    const { agent, state } = scene();
    await agent.check("START");
    state.content = "something else";

    expect(await agent.check("SCHEDULE")).toMatchObject([{ kind: "COMPLETE", trigger: "SCHEDULE" }]);
  });

  it("always answers a command in full", async () => {
    const { agent } = scene();
    await agent.check("START");

    expect(await agent.check("COMMAND")).toMatchObject([{ kind: "COMPLETE", trigger: "COMMAND" }]);
  });

  it("is not silenced by a clock that was set back", async () => {
    const { agent, state } = scene();
    await agent.check("START");
    state.now -= 10 * 365 * 24 * 3_600_000;

    expect(await agent.check("SCHEDULE")).toMatchObject([{ kind: "HEARTBEAT" }]);
  });

  it("checks again at the next time, sleeping an hour at most so that a clock that was set is noticed", async () => {
    const { agent, state } = scene();
    state.nextChecks = ["2026-11-23T17:00:00.000Z", "2026-11-23T20:30:00.000Z"];
    await agent.check("START");

    expect(state.timers.map(({ milliseconds }) => milliseconds)).toEqual([3_600_000]);
    state.now += 3_600_000;
    state.timers.shift()?.action();
    expect(state.timers.map(({ milliseconds }) => milliseconds)).toEqual([3_600_000]);
    state.now += 3_600_000;
    state.timers.shift()?.action();
    expect(state.timers.map(({ milliseconds }) => milliseconds)).toEqual([1_800_000]);
    state.now += 1_800_000;
    state.timers.shift()?.action();
    await agent.check("COMMAND");
    expect(state.requests.map(({ trigger }) => trigger)).toEqual(["START", "SCHEDULE", "COMMAND"]);
  });

  it("keeps the last good configuration while the newest is bad, and says so in the report and once in the log", async () => {
    const { agent, state } = scene();
    await agent.check("START");
    state.configuration = "bad";

    await agent.check("CONFIG_CHANGE");
    await agent.check("CONFIG_CHANGE");

    const last = state.requests[state.requests.length - 1];
    expect(last).toMatchObject({ configuration: { good: true }, agent: { problems: ["bad configuration"] } });
    expect(state.events.filter((event) => event === "configuration.refused")).toHaveLength(1);
    state.configuration = { good: "again" };
    await agent.check("CONFIG_CHANGE");
    expect(state.requests[state.requests.length - 1]).toMatchObject({
      configuration: { good: "again" },
      agent: { problems: [] },
    });
    expect(state.lastGood).toEqual({ good: "again" });
  });

  it("throws when the configuration is bad and no good one was ever seen", async () => {
    const { agent, state } = scene();
    state.configuration = "bad";

    await expect(agent.check("START")).rejects.toThrow(ConfigurationError);
  });

  it("reports a scheduled check that failed and keeps the time of the next one", async () => {
    const { agent, state } = scene({
      readConfiguration: async () => {
        if (state.requests.length > 0) throw new ExpectedError("Cannot read the configuration");
        return {};
      },
    });
    state.nextChecks = ["2026-11-23T18:01:00.000Z", "2026-11-23T18:02:00.000Z", "2026-11-23T18:03:00.000Z"];
    await agent.check("START");

    state.now += 60_000;
    state.timers.shift()?.action();

    expect(state.timers.map(({ milliseconds }) => milliseconds)).toEqual([60_000]);
    await expect(agent.check("COMMAND")).rejects.toThrow("Cannot read");
    expect(state.events).toContain("failed");
    expect(state.timers.map(({ milliseconds }) => milliseconds)).toEqual([60_000]);
  });

  it("sleeps no longer than planned when the clock was set back", async () => {
    const { agent, state } = scene();
    await agent.check("START");
    state.now -= 365 * 86_400_000;
    state.nextChecks = ["2025-11-23T19:00:00.000Z"];

    state.timers.shift()?.action();

    await expect.poll(() => state.requests.map(({ trigger }) => trigger)).toEqual(["START", "SCHEDULE"]);
    await expect.poll(() => state.timers.map(({ milliseconds }) => milliseconds)).toEqual([3_600_000]);
  });

  it("runs one check at a time and lets later calls share the next one", async () => {
    let open = () => {};
    let calls = 0;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { agent } = scene({
      readConfiguration: async () => {
        calls += 1;
        await gate;
        return {};
      },
    });
    const first = agent.check("START");
    const second = agent.check("COMMAND");
    const third = agent.check("COMMAND");

    expect(calls).toBe(1);
    open();
    await Promise.all([first, second, third]);
    expect(calls).toBe(2);
    expect(second).toBe(third);
  });

  it("examines nothing more once stopped, though a check was queued before", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { agent, state } = scene({
      async readConfiguration() {
        await gate;
        return {};
      },
    });
    const first = agent.check("START");
    const queued = agent.check("COMMAND");
    agent.stop();
    open();

    expect([await first, await queued, state.requests]).toEqual([[], [], []]);
  });

  it("makes no report and sets no timer once stopped", async () => {
    const { agent, outbox, state } = scene();
    const check = agent.check("START");
    agent.stop();

    expect(await check).toEqual([]);
    expect([outbox.waiting, state.timers]).toEqual([0, []]);
  });
});
