import { describe, expect, it } from "vitest";
import { parseSettings } from "../src/config.js";
import { InvalidInputError, JobUnavailableError } from "../src/errors.js";
import { type ExaminationParts, type ExaminationRequest, examine } from "../src/examine.js";
import { parseJob } from "../src/job/parse.js";
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
      TargetDevice: "jetson_xavier",
    },
  },
});
const origin = { source: "file caps.json", fetchedAt: "2026-11-23T17:00:00.000Z", digest: "d".repeat(64), stale: null };
const request: ExaminationRequest = {
  thing: "line-4",
  trigger: "START",
  configuration: { jobs: [ref] },
  agent: { version: "0.1.0", node: "v16.20.2", transport: "ipc", outbox: "disk", problems: [] },
};

function someParts(over: Partial<ExaminationParts> = {}): ExaminationParts {
  return {
    parseSettings,
    now: () => new Date("2026-11-23T18:00:00Z"),
    digest: (text) => text,
    nextChecks: () => ["2026-11-24T00:00:00.000Z"],
    findJob: () => async () => ({ job, origin, warnings: [] }),
    readFacts: () => someFacts(),
    deployedPlaces: {
      componentDetails: async () => ({ kind: "found", version: "1.0.0", state: "RUNNING" }),
      isConfigured: async () => true,
      artifactVersions: () => ({ folder: "/packages", versions: ["1.0.0"], problem: null }),
    },
    ...over,
  };
}

describe("examine", () => {
  it("puts what was found about each job into a report, with the settings and the next times", async () => {
    const done = await examine(request, someParts());

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

  it("gives the same content for the same findings at another time, and another for other findings", async () => {
    const contentOf = async (over: Partial<ExaminationParts>) => {
      const done = await examine({ ...request, trigger: "SCHEDULE" }, someParts(over));
      return done.kind === "done" ? done.reports[0]?.content : null;
    };
    const places = someParts().deployedPlaces;
    const other = {
      ...places,
      componentDetails: async () => ({ kind: "found", version: "2.0.0", state: "RUNNING" }) as const,
    };

    const first = await contentOf({});

    expect(await contentOf({ now: () => new Date("2027-01-01T00:00:00Z") })).toBe(first);
    expect(await contentOf({ deployedPlaces: other })).not.toBe(first);
  });

  it("refuses a bad configuration without looking for anything", async () => {
    const parts = someParts({
      findJob: () => {
        throw new Error("must not be called");
      },
    });

    expect(await examine({ ...request, configuration: { jitterSeconds: "soon" } }, parts)).toEqual({
      kind: "refused",
      message: 'Cannot read setting "jitterSeconds": must be a number, is "soon"',
    });
  });

  it("reports that it could not check, and why, when a job cannot be had", async () => {
    const gone = new JobUnavailableError("Cannot get job: the service is gone", "GONE");
    const done = await examine(request, someParts({ findJob: () => () => Promise.reject(gone) }));

    expect(done).toMatchObject({
      reports: [
        {
          report: {
            drift: "NOT_CHECKED",
            runnable: "CANNOT_TELL",
            job: { ...{ project: ref.project, name: ref.job }, unavailable: { reason: "GONE", message: gone.message } },
          },
        },
      ],
      log: [{ level: "warn", event: "job.unavailable", fields: { ...ref, reason: "GONE", message: gone.message } }],
    });
  });

  it("goes on with the other jobs when one cannot be had", async () => {
    const two = { ...request, configuration: { jobs: [{ project: "p", job: "gone" }, ref] } };
    const findJob = () => async (wanted: { job: string }) => {
      if (wanted.job === "gone") throw new InvalidInputError("no such region");
      return { job, origin, warnings: ["kept no copy"] };
    };
    const done = await examine(two, someParts({ findJob }));

    expect(done).toMatchObject({
      reports: [{ report: { drift: "NOT_CHECKED" } }, { report: { job: { name: "caps-cpu" } } }],
      log: [{ event: "job.refused" }, { event: "job.warning", fields: { warning: "kept no copy" } }],
    });
  });

  it("says that a copy was used, and lets it count", async () => {
    const stale = { ...origin, stale: { reason: "UNREACHABLE", message: "nobody answers" } };
    const done = await examine(
      request,
      someParts({ findJob: () => async () => ({ job, origin: stale, warnings: [] }) }),
    );

    expect(done).toMatchObject({
      reports: [{ report: { job: { unavailable: stale.stale, fetchedAt: origin.fetchedAt } } }],
      log: [{ event: "job.copy-used", fields: { reason: "UNREACHABLE" } }],
    });
  });

  it("says that there is nothing to do without jobs", async () => {
    expect(await examine({ ...request, configuration: {} }, someParts())).toMatchObject({
      reports: [],
      log: [{ event: "check.no-jobs" }],
    });
  });

  it("lets a bug in a stage come through", async () => {
    const broken = someParts({
      readFacts: () => {
        throw new TypeError("bug");
      },
    });

    await expect(examine(request, broken)).rejects.toThrow("bug");
  });
});
