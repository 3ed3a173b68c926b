import { describe, expect, it } from "vitest";
import { InvalidInputError, JobUnavailableError } from "../../src/base/errors.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { type ExaminationParts, runExamination } from "../../src/examiner/examine.js";
import type { ExaminationRequest } from "../../src/examiner/protocol.js";
import { parseJob } from "../../src/job/parse-job.js";
import { someFacts, someXavier } from "../drift/builders.js";
import { COMPILED, FOLDER, RUNTIME, someModel } from "../drift/model-builders.js";

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
      TargetDevice: "jetson_xavier",
    },
  },
});
const origin = { source: "file caps.json", fetchedAt: "2026-11-23T17:00:00.000Z", digest: "d".repeat(64), stale: null };
const request: ExaminationRequest = {
  thing: "line-4",
  trigger: "START",
  configuration: { jobs: [ref] },
  agent: { version: "0.1.0", node: "v16.20.2", outbox: "disk", problems: [] },
};

function someParts(over: Partial<ExaminationParts> = {}): ExaminationParts {
  return {
    parseSettings,
    now: () => new Date("2026-11-23T18:00:00Z"),
    digest: (text) => text,
    nextChecks: () => ["2026-11-24T00:00:00.000Z"],
    findJob: () => async () => ({ job, origin, warnings: [] }),
    readFacts: () => ({ facts: someFacts(), problems: [] }),
    dampingMemory: { load: () => null, save: () => undefined },
    listJobs: () => async () => [ref.job],
    deployedQueries: () => ({
      componentDetails: async () => ({ kind: "found", version: "1.0.0", state: "RUNNING" }),
      isConfigured: async () => true,
      artifactVersions: () => ({ folder: "/packages", versions: ["1.0.0"], problem: null }),
      edgeAgent: async () => ({ kind: "unknown", why: "nobody listens" }),
    }),
    models: {
      find: () => ({ components: [], unread: [] }),
      read: async () => ({ kind: "none", why: "there are no files" }),
    },
    askLoader: () => [],
    ...over,
  };
}

describe("runExamination", () => {
  it("puts what was found about each job into a report, with the settings and the next times", async () => {
    const done = await runExamination(request, someParts());

    expect(done).toMatchObject({
      kind: "done",
      settings: { jobs: [ref], heartbeatHours: 24 },
      nextChecks: ["2026-11-24T00:00:00.000Z"],
      log: [],
      reports: [
        {
          report: {
            thing: "line-4",
            kind: "COMPLETE",
            trigger: "START",
            checkedAt: "2026-11-23T18:00:00.000Z",
            job: { project: "bottle-caps", name: "caps-cpu", target: "jetson_xavier", digest: origin.digest },
            component: { name: "Caps", expectedVersion: "1.0.0", deployedVersion: "1.0.0", state: "RUNNING" },
          },
        },
      ],
    });
  });

  it("returns the same content for the same findings at another time, and another for other findings", async () => {
    const contentOf = async (over: Partial<ExaminationParts>) => {
      const done = await runExamination({ ...request, trigger: "SCHEDULE" }, someParts(over));
      return done.kind === "done" ? done.reports[0]?.content : null;
    };
    const queries = someParts().deployedQueries;
    const other: typeof queries = (settings) => ({
      ...queries(settings),
      componentDetails: async () => ({ kind: "found", version: "2.0.0", state: "RUNNING" }),
    });

    const first = await contentOf({});

    expect(await contentOf({ now: () => new Date("2027-01-01T00:00:00Z") })).toBe(first);
    expect(await contentOf({ deployedQueries: other })).not.toBe(first);
  });

  it.each([
    ["over the nucleus", "ipc", ["Messages are limited to 64 kB"]],
    ["to a broker of its own", "mqtt", []],
  ])("reports what limits the nucleus only while reports go %s", async (_, transport, problems) => {
    const mqtt = { endpoint: "broker", cert: "/c.pem", key: "/k.pem" };
    const configuration = { jobs: [ref], transport, mqtt };
    const done = await runExamination(
      { ...request, configuration, ipcProblems: ["Messages are limited to 64 kB"] },
      someParts(),
    );

    expect(done).toMatchObject({ reports: [{ report: { agent: { transport, problems } } }] });
  });

  it.each([
    ["does not apply where Greengrass is not there, as in packdrift check", {}, "IN_SYNC", "NOT_APPLICABLE"],
    [
      "is compared with the operator's word all the same",
      { deployedVersion: ["artifacts", "Caps=1.0.0"] },
      "IN_SYNC",
      undefined,
    ],
  ])("says that what is deployed %s", async (_, more, drift, outcome) => {
    const configuration = { jobs: [ref], ...more };
    const facts = someXavier();
    const done = await runExamination(
      { ...request, configuration, withoutGreengrass: true },
      someParts({ readFacts: () => ({ facts, problems: [] }) }),
    );

    const [report] = done.kind === "done" ? done.reports.map((examined) => examined.report) : [];
    const component = report?.findings.find(({ rule }) => rule === "component.deployed");
    expect([report?.drift, component?.outcome]).toEqual([drift, outcome]);
  });

  it("refuses a bad configuration without looking for anything", async () => {
    const parts = someParts({
      findJob: () => {
        throw new Error("must not be called");
      },
    });

    expect(await runExamination({ ...request, configuration: { jitterSeconds: "soon" } }, parts)).toEqual({
      kind: "refused",
      message: 'Cannot read setting "jitterSeconds": must be a number, is "soon"',
    });
  });

  it("reports that it could not check, and why, when a job cannot be had", async () => {
    const gone = new JobUnavailableError("Cannot get job: the service is gone", "GONE");
    const done = await runExamination(request, someParts({ findJob: () => () => Promise.reject(gone) }));

    const message = `${gone.message}; no packaged model was found on this device`;
    expect(done).toMatchObject({
      reports: [
        {
          report: {
            drift: "NOT_CHECKED",
            runnable: "CANNOT_TELL",
            job: { ...{ project: ref.project, name: ref.job }, unavailable: { reason: "GONE", message } },
          },
        },
      ],
      log: [{ level: "warn", event: "job.unavailable", fields: { ...ref, reason: "GONE", message: gone.message } }],
    });
  });

  it("continues with the other jobs when one cannot be had", async () => {
    const two = { ...request, configuration: { jobs: [{ project: "p", job: "gone" }, ref] } };
    const findJob = () => async (wanted: { job: string }) => {
      if (wanted.job === "gone") throw new InvalidInputError("no such region");
      return { job, origin, warnings: ["kept no copy"] };
    };
    const done = await runExamination(two, someParts({ findJob }));

    expect(done).toMatchObject({
      reports: [{ report: { drift: "NOT_CHECKED" } }, { report: { job: { name: "caps-cpu" } } }],
      log: [{ event: "job.refused" }, { event: "job.warning", fields: { warning: "kept no copy" } }],
    });
  });

  it("looks for all jobs at once, and reports them in their order, whichever comes first", async () => {
    const names = ["slow", "quick", "gone"];
    const two = { ...request, configuration: { jobs: names.map((name) => ({ project: "p", job: name })) } };
    let askForLast = () => {};
    const lastIsAsked = new Promise<void>((resolve) => {
      askForLast = resolve;
    });
    const findJob =
      () =>
      async ({ job: name }: { job: string }) => {
        if (name === "slow") await lastIsAsked;
        if (name === "gone") askForLast();
        if (name !== "quick") throw new JobUnavailableError(`${name} is gone`, "GONE");
        return { job, origin, warnings: [] };
      };
    const done = await runExamination(two, someParts({ findJob }));

    expect(done).toMatchObject({
      reports: names.map((name) => ({ report: { job: { name: name === "quick" ? "caps-cpu" : name } } })),
      log: [{ fields: { message: "slow is gone" } }, { fields: { message: "gone is gone" } }],
    });
  });

  it("says that a copy was used, and judges by it", async () => {
    const stale = { ...origin, stale: { reason: "UNREACHABLE", message: "nobody answers" } };
    const done = await runExamination(
      request,
      someParts({ findJob: () => async () => ({ job, origin: stale, warnings: [] }) }),
    );

    expect(done).toMatchObject({
      reports: [{ report: { job: { unavailable: stale.stale, fetchedAt: origin.fetchedAt } } }],
      log: [{ event: "job.copy-used", fields: { reason: "UNREACHABLE" } }],
    });
  });

  it("says that there is nothing to do without jobs, in one report without names, and nothing in the shadow", async () => {
    expect(await runExamination({ ...request, configuration: { shadow: true } }, someParts())).toMatchObject({
      reports: [
        {
          report: {
            kind: "COMPLETE",
            drift: "NOT_CHECKED",
            runnable: "CANNOT_TELL",
            job: { project: null, name: null, unavailable: null },
            component: { name: null },
            device: { arch: expect.any(String) },
            agent: {
              problems: [
                'Nothing to check: no packaged model was found on this device, and the setting "jobs" names none',
              ],
            },
            findings: [],
          },
        },
      ],
      shadow: null,
      log: [{ event: "check.no-jobs" }],
    });
  });

  it("checks a model by its files, asks the loader for what they load, and names the files to watch", async () => {
    const asked: (readonly string[])[] = [];
    const done = await runExamination(
      { ...request, configuration: {} },
      someParts({
        models: {
          find: () => ({ components: ["bottle-model"], unread: [] }),
          read: async () => ({ kind: "found", model: someModel() }),
        },
        askLoader(sonames) {
          asked.push(sonames);
          return [];
        },
      }),
    );

    expect(asked).toEqual([["libc.so.6", "libnvinfer.so.7"]]);
    expect(done).toMatchObject({
      reports: [{ report: { job: { project: null, name: null }, component: { name: "bottle-model" } } }],
      modelFiles: [FOLDER, COMPILED, RUNTIME],
      log: [],
    });
  });

  it("names its transport, and the settings that apply only after a restart", async () => {
    const begunWith = parseSettings({ jobs: [ref] });
    const mqtt = { endpoint: "iot.example", cert: "/c", key: "/k" };
    const configuration = { jobs: [ref], transport: "mqtt", mqtt, signingKey: "/key.pem", outboxMaxBytes: 70_000 };
    const first = await runExamination({ ...request, configuration }, someParts());
    const later = await runExamination({ ...request, configuration, begunWith }, someParts());

    expect(first).toMatchObject({ reports: [{ report: { agent: { transport: "mqtt", problems: [] } } }] });
    expect(later).toMatchObject({
      reports: [
        {
          report: {
            agent: {
              transport: "ipc",
              problems: [
                'Setting "transport" changes to "mqtt" at the next start; until then it is "ipc"',
                'Setting "signingKey" changes to "/key.pem" at the next start; until then it is null',
              ],
            },
          },
        },
      ],
    });
  });

  it("states in the report which drop-ins could not be used, and rules of settings that do not exist", async () => {
    const configuration = { jobs: [ref], damping: [{ rule: "compiler.tensorrt" }], waivers: [] };
    const readFacts = () => ({ facts: someFacts(), problems: ['Cannot use the facts in "x.json"'] });
    const done = await runExamination({ ...request, configuration }, someParts({ readFacts }));

    expect(done).toMatchObject({
      reports: [
        {
          report: {
            agent: {
              problems: [
                'Cannot use the facts in "x.json"',
                'Setting "damping" names a rule that does not exist: "compiler.tensorrt"',
              ],
            },
          },
        },
      ],
    });
  });

  describe("with damping", () => {
    const damping = [{ rule: "target.device", raiseAfter: "2" }];
    const damped = { ...request, configuration: { jobs: [ref], damping } };
    /** Examines with a memory that lives on, as a file does. */
    function memory(text: string | null = null) {
      const file = { text, writes: 0 };
      const dampingMemory = {
        load: () => file.text,
        save: (next: string) => {
          file.text = next;
          file.writes += 1;
        },
      };
      return { file, dampingMemory };
    }
    const outcomeOf = async (parts: ExaminationParts, asked: ExaminationRequest = damped) => {
      const done = await runExamination(asked, parts);
      if (done.kind !== "done") throw new Error(done.message);
      const { report, content } = done.reports[0] ?? {};
      const finding = report?.findings.find(({ rule }) => rule === "target.device");
      return { runnable: report?.runnable, state: finding?.damped?.state, log: done.log, content };
    };

    it("counts a difference only in the second check, and remembers the first over restarts", async () => {
      const { file, dampingMemory } = memory();

      const first = await outcomeOf(someParts({ dampingMemory }));
      const second = await outcomeOf(someParts({ dampingMemory }));
      const third = await outcomeOf(someParts({ dampingMemory }));

      const blocked = first.runnable;
      expect([first.state, second.state, third.state]).toEqual(["RISING", undefined, undefined]);
      expect(first.content).not.toBe(second.content);
      expect(second.content).toBe(third.content);
      expect(blocked).toBe("WILL_NOT_RUN");
      expect(Object.keys(JSON.parse(file.text ?? ""))).toEqual(["bottle-caps/caps-cpu"]);
      expect(file.writes).toBe(2);
    });

    it("keeps what it remembers of a job that cannot be had this time", async () => {
      const { file, dampingMemory } = memory();
      await outcomeOf(someParts({ dampingMemory }));
      const before = file.text;
      const gone = new JobUnavailableError("gone", "GONE");

      await outcomeOf(someParts({ dampingMemory, findJob: () => () => Promise.reject(gone) }));

      expect(file.text).toBe(before);
      expect((await outcomeOf(someParts({ dampingMemory }))).state).toBeUndefined();
    });

    it.each(["{", "[]", '{"a":{"b":{"checks":-1,"raised":null}}}', '{"a":{"b":{"checks":1,"raised":{"rule":"x"}}}}'])(
      "starts anew and says so when its memory is %s",
      async (text) => {
        const { file, dampingMemory } = memory(text);
        const { state, log } = await outcomeOf(someParts({ dampingMemory }));

        expect(state).toBe("RISING");
        expect(log).toEqual([
          { level: "warn", event: "damping.forgotten", fields: { message: expect.stringMatching(/./) } },
        ]);
        expect(file.writes).toBe(1);
      },
    );

    it("continues when its memory cannot be written, and says so", async () => {
      const dampingMemory = {
        load: () => null,
        save: () => {
          throw new Error("EROFS: read-only file system");
        },
      };
      const { log } = await outcomeOf(someParts({ dampingMemory }));

      expect(log).toMatchObject([{ event: "damping.not-kept", fields: { message: "EROFS: read-only file system" } }]);
    });

    it("asks for no memory without rules to damp", async () => {
      const { file, dampingMemory } = memory("{");

      expect((await outcomeOf(someParts({ dampingMemory }), request)).log).toEqual([]);
      expect(file).toEqual({ text: "{", writes: 0 });
    });
  });

  it("throws on a bug in a stage", async () => {
    const broken = someParts({
      readFacts: () => {
        throw new TypeError("bug");
      },
    });

    await expect(runExamination(request, broken)).rejects.toThrow("bug");
  });
});
