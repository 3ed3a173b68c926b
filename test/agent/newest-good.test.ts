import { describe, expect, it } from "vitest";
import { ConfigurationError, type ExaminationSource, examineNewestGood } from "../../src/agent/newest-good.js";
import type { ExaminationRequest } from "../../src/examiner/protocol.js";
import { someResult } from "./builders.js";
import { fakeLog } from "./fake-clock.js";

const CAPABILITIES = {
  spool: "AVAILABLE",
  shadow: "MISSING",
  componentDetails: "DENIED",
  validation: "AVAILABLE",
  updates: "AVAILABLE",
} as const;

function scene() {
  const log = fakeLog();
  const state = {
    newest: { jitterSeconds: 1 } as unknown,
    lastGood: null as unknown,
    stopped: false,
    workFolderProblem: null as string | null,
    untrustedFile: null as string | null,
    storage: { kind: "disk", problem: null } as { kind: "disk" | "memory"; problem: string | null },
    requests: [] as ExaminationRequest[],
  };
  const source: ExaminationSource = {
    thing: "line-4",
    version: "1.0.0",
    nodeVersion: "v20.0.0",
    log,
    readConfiguration: async () => state.newest,
    desired: () => ({ logLevel: "debug" }),
    lastGood: {
      load: () => state.lastGood,
      save: (raw) => {
        state.lastGood = raw;
      },
    },
    ipcProblems: () => ["split"],
    capabilities: async () => CAPABILITIES,
    async examine(request) {
      state.requests.push(request);
      const { configuration } = request;
      return typeof configuration === "string"
        ? { kind: "refused", message: `bad: ${configuration}` }
        : someResult(configuration as Readonly<Record<string, unknown>>);
    },
    workFolderProblem: () => state.workFolderProblem,
    untrustedFile: () => state.untrustedFile,
    get outbox() {
      return { storage: state.storage, damage: null };
    },
  };
  return { state, log, examine: examineNewestGood(source, () => state.stopped) };
}
const last = <T>(list: readonly T[]) => list[list.length - 1];

describe("examineNewestGood", () => {
  it("asks for the newest configuration with all that this agent knows, and stores it as good", async () => {
    const { state, examine } = scene();

    const result = await examine("START");

    expect(result?.settings.jitterSeconds).toBe(1);
    expect(state.lastGood).toEqual({ jitterSeconds: 1 });
    expect(state.requests).toEqual([
      {
        thing: "line-4",
        trigger: "START",
        configuration: { jitterSeconds: 1 },
        desired: { logLevel: "debug" },
        begunWith: null,
        agent: { version: "1.0.0", node: "v20.0.0", outbox: "disk", problems: [], capabilities: CAPABILITIES },
        ipcProblems: ["split"],
      },
    ]);
  });

  it("names the settings of the first check in all later ones", async () => {
    const { state, examine } = scene();
    await examine("START");
    state.newest = { jitterSeconds: 2 };
    await examine("CONFIG_CHANGE");
    await examine("SCHEDULE");

    expect(state.requests.map(({ begunWith }) => begunWith?.jitterSeconds)).toEqual([undefined, 1, 1]);
  });

  it("falls back on the last good configuration, reports the problem, and logs it once until that changes", async () => {
    const { state, log, examine } = scene();
    await examine("START");
    for (const newest of ["bad", "bad", { jitterSeconds: 3 }, "bad"]) {
      state.newest = newest;
      await examine("CONFIG_CHANGE");
    }

    expect(last(state.requests)).toMatchObject({
      configuration: { jitterSeconds: 3 },
      agent: { problems: ["bad: bad"] },
    });
    const refused = { message: "bad: bad", reaction: "keeping the last good one" };
    expect(log.of("configuration.refused")).toEqual([refused, refused]);
  });

  it("reports the newest configuration where the last good one is bad for this version too", async () => {
    const { state, log, examine } = scene();
    Object.assign(state, { newest: "new", lastGood: "old" });

    await expect(examine("START")).rejects.toThrow(new ConfigurationError("bad: new"));
    expect(log.of("configuration.refused")).toEqual([{ message: "bad: new", reaction: "none to fall back on" }]);
  });

  it("reports that reports are kept in memory only", async () => {
    const { state, examine } = scene();
    state.storage = { kind: "memory", problem: "read-only" };
    await examine("START");

    expect(state.requests[0]?.agent).toMatchObject({
      outbox: "memory",
      problems: ["Reports are kept in memory only: read-only"],
    });
  });

  it("reports a work folder that cannot be trusted", async () => {
    const { state, examine } = scene();
    state.workFolderProblem = '"/work" may be written by others';
    await examine("START");

    expect(state.requests[0]?.agent.problems).toEqual([
      '"/work" may be written by others, so compiled code is not read from this work folder',
    ]);
  });

  it("reports a file of the work folder that is not read", async () => {
    const { state, examine } = scene();
    state.untrustedFile = '"/work/damping.json" may be written by others';
    await examine("START");

    expect(state.requests[0]?.agent.problems).toEqual([
      '"/work/damping.json" may be written by others, so it is not read',
    ]);
  });

  it("starts no examination once stopped, and answers null for one under way", async () => {
    const { state, examine } = scene();
    const underWay = examine("START");
    state.stopped = true;

    expect([await underWay, await examine("SCHEDULE"), state.requests]).toEqual([null, null, []]);
  });
});
