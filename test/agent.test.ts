import { describe, expect, it } from "vitest";
import { type AgentParts, type AgentSettings, createAgent } from "../src/agent.js";
import type { DeviceFacts } from "../src/device/facts.js";
import { deployedFrom } from "../src/drift/deployed.js";
import { JobUnavailableError } from "../src/errors.js";
import { parseJob } from "../src/job/parse.js";
import { openOutbox } from "../src/outbox/outbox.js";
import { someFacts } from "./drift/builders.js";

const ref = { project: "bottle-caps", job: "caps-cpu" };
const job = parseJob({
  JobName: "caps-cpu",
  ProjectName: "bottle-caps",
  ModelVersion: "1",
  Status: "SUCCEEDED",
  ModelPackagingConfiguration: {
    Greengrass: {
      ComponentName: "Caps",
      ComponentVersion: "1.0.0",
      S3OutputLocation: { Bucket: "bucket" },
      TargetPlatform: { Os: "LINUX", Arch: "X86_64" },
    },
  },
});

/** An agent whose clock, job source and device are moved by hand. */
function scene(over: Partial<AgentParts> = {}) {
  const files: Record<string, string> = {};
  const state = {
    now: Date.parse("2026-11-23T18:00:00Z"),
    facts: someFacts() as DeviceFacts,
    settings: { jobs: [ref], heartbeatHours: 24, maxCopyAgeDays: 36_500, waivers: [] } as AgentSettings,
    deployed: "1.0.0",
    flushes: 0,
    events: [] as string[],
  };
  const log = (event: string) => void state.events.push(event);
  const outbox = openOutbox({
    store: {
      list: () => Object.keys(files),
      read: (name) => files[name] ?? null,
      write: (name, text) => void (files[name] = text),
      remove: (name) => void delete files[name],
    },
    maxBytes: 1e6,
    newEpoch: () => "e",
    onProblem: log,
  });
  const agent = createAgent({
    thing: "line-4",
    version: "0.1.0",
    nodeVersion: "v16.20.2",
    transport: "ipc",
    log: { debug: log, info: log, warn: log, error: log },
    now: () => new Date(state.now),
    settings: () => state.settings,
    settingsProblem: () => null,
    findJob: async () => ({
      job,
      origin: { source: "file caps.json", fetchedAt: "2026-11-23T17:00:00.000Z", digest: "d".repeat(64), stale: null },
      warnings: [],
    }),
    readFacts: () => state.facts,
    findDeployed: async (name) =>
      deployedFrom(name, [{ from: "test", says: { kind: "version", version: state.deployed, state: "RUNNING" } }]),
    outbox,
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
  it("reports a first check in full, keeps it and hands it to the delivery", async () => {
    const { agent, state, outbox } = scene();

    const [report] = await agent.check("START");

    expect(report).toMatchObject({
      kind: "COMPLETE",
      trigger: "START",
      sequence: 1,
      thing: "line-4",
      checkedAt: "2026-11-23T18:00:00.000Z",
    });
    expect(outbox.first()).toEqual(report);
    expect(state.flushes).toBe(1);
  });

  it("says nothing while nothing changes, then sends a heartbeat when it is time", async () => {
    const { agent, state } = scene();
    await agent.check("START");

    expect(await agent.check("SCHEDULE")).toEqual([]);
    state.now += 24 * 3_600_000;
    expect(await agent.check("SCHEDULE")).toMatchObject([{ kind: "HEARTBEAT", sequence: 2, findings: [] }]);
    expect(await agent.check("SCHEDULE")).toEqual([]);
  });

  it("reports in full as soon as something differs", async () => {
    const { agent, state } = scene();
    await agent.check("START");
    state.deployed = "2.0.0";

    const [report] = await agent.check("SCHEDULE");

    expect(report).toMatchObject({ kind: "COMPLETE", drift: "DRIFTED" });
    expect(report?.findings.find(({ outcome }) => outcome === "DRIFT")).toMatchObject({
      rule: "component.version",
      expected: "1.0.0",
      actual: "2.0.0",
    });
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

  it("reports that it could not check, and why, when a job cannot be had", async () => {
    const { agent } = scene({
      findJob: async () => {
        throw new JobUnavailableError("Cannot get job: the service is gone", "GONE");
      },
    });

    const [report] = await agent.check("START");

    expect(report).toMatchObject({
      drift: "NOT_CHECKED",
      runnable: "CANNOT_TELL",
      job: {
        project: "bottle-caps",
        name: "caps-cpu",
        unavailable: { reason: "GONE", message: "Cannot get job: the service is gone" },
      },
    });
  });

  it("runs one check at a time and lets later calls share the next one", async () => {
    let open = () => {};
    let calls = 0;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { agent } = scene({
      findJob: async () => {
        calls += 1;
        await gate;
        throw new JobUnavailableError("Cannot get job", "UNREACHABLE");
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

  it("makes no report once it was stopped", async () => {
    const { agent, outbox } = scene();
    const check = agent.check("START");
    agent.stop();

    expect(await check).toEqual([]);
    expect(outbox.waiting).toBe(0);
  });

  it("lets a bug in a stage come through", async () => {
    const { agent } = scene({
      readFacts: () => {
        throw new TypeError("bug");
      },
    });

    await expect(agent.check("START")).rejects.toThrow("bug");
  });
});
