import { describe, expect, it } from "vitest";
import { JobUnavailableError } from "../../src/base/errors.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { lookUpModels } from "../../src/examiner/look-up-models.js";
import type { ModelAnswer } from "../../src/examiner/models/packaged-models.js";
import type { ComponentDetails } from "../../src/examiner/protocol.js";
import { parseJob } from "../../src/job/parse-job.js";
import { someModel } from "../drift/model-builders.js";

const NAMED = { project: "bolts", job: "inspect-7" };
const job = parseJob({
  JobName: "inspect-7",
  ProjectName: "bolts",
  Status: "SUCCEEDED",
  ModelPackagingConfiguration: { Greengrass: { ComponentName: "Bolts", ComponentVersion: "1.0.0" } },
});
const origin = { source: "file job.json", fetchedAt: "2026-11-23T17:00:00.000Z", digest: "d", stale: null };
const gone = async () => {
  throw new JobUnavailableError("Cannot get it: the service ended", "GONE");
};

interface Device {
  /** The models in the store; what is deployed of each, where that is known. */
  readonly models?: Readonly<Record<string, ModelAnswer>>;
  readonly deployed?: Readonly<Record<string, ComponentDetails>>;
  readonly unread?: readonly { readonly path: string; readonly why: string }[];
  readonly findJob?: () => Promise<never> | Promise<{ job: typeof job; origin: typeof origin; warnings: [] }>;
}

const answering = (component: string, version = "1.0.0"): ModelAnswer => ({
  kind: "found",
  model: someModel({ component, version }),
});

/** The lookups on a device, and for which versions the models' files were asked. */
async function lookUp(configuration: object, { models = {}, deployed = {}, unread = [], findJob = gone }: Device) {
  const asked: string[] = [];
  const { lookups, nothing, log } = await lookUpModels(parseSettings(configuration), false, {
    findJob: () => findJob,
    listJobs: () => gone,
    deployedQueries: () => ({
      componentDetails: async (name) => deployed[name] ?? { kind: "unsupported", why: "no Greengrass CLI" },
      isConfigured: async () => false,
      artifactVersions: () => ({ folder: "/packages", versions: [], problem: null }),
      edgeAgent: async () => ({ kind: "unknown", why: "nobody listens" }),
    }),
    models: {
      find: () => ({ components: Object.keys(models), unread }),
      async read(component, version) {
        asked.push(`${component} ${version}`);
        return models[component] ?? { kind: "none", why: `there are no files of ${component}` };
      },
    },
  });
  const short = lookups.map(({ ref, job: found, model, unavailable }) => ({
    ref,
    job: found?.name ?? null,
    model: model === null ? null : `${model.component} ${model.version}`,
    unavailable,
  }));
  return { lookups: short, nothing, asked, events: log.map(({ event }) => event) };
}

const RUNNING: ComponentDetails = { kind: "found", version: "2.0.0", state: "RUNNING" };

describe("lookUpModels", () => {
  it("uses a compilation job together with the files of the component that is named with it", async () => {
    const compiled = parseJob({ JobName: "bolts-1", ProjectName: "sagemaker-neo", Status: "SUCCEEDED" });
    const device = {
      models: { Bolts: answering("Bolts", "2.0.0") },
      deployed: { Bolts: RUNNING },
      findJob: async () => ({ job: compiled, origin, warnings: [] as [] }),
    };
    const source = { type: "sagemaker", region: "eu-west-1" };
    const ref = { project: "sagemaker-neo", job: "bolts-1" };

    expect(await lookUp({ source, jobs: [{ compilationJob: "bolts-1", component: "Bolts" }] }, device)).toMatchObject({
      lookups: [{ ref, job: "bolts-1", model: "Bolts 2.0.0", unavailable: null }],
      asked: ["Bolts 2.0.0"],
    });
    expect(await lookUp({ source, jobs: [{ compilationJob: "bolts-1" }] }, device)).toMatchObject({
      lookups: [{ ref, job: "bolts-1", model: null, unavailable: null }],
      asked: [],
    });
  });

  it("asks once which version of a component is deployed, however many jobs it has", async () => {
    const versions = ["1.0.0", "2.0.0"];
    const deployed = {
      get Bolts(): ComponentDetails {
        return { kind: "found", version: versions.shift() ?? "3.0.0", state: "RUNNING" };
      },
    };
    const findJob = async () => ({ job, origin, warnings: [] as [] });
    const device = { models: { Bolts: answering("Bolts") }, deployed, findJob };

    const { asked } = await lookUp({ jobs: [NAMED, { ...NAMED, job: "inspect-8" }] }, device);

    expect(asked).toEqual(["Bolts 1.0.0", "Bolts 1.0.0"]);
  });

  it("uses a job together with its component's files in the deployed version", async () => {
    const found = await lookUp(
      { jobs: [NAMED] },
      {
        models: { Bolts: answering("Bolts", "2.0.0"), Caps: answering("Caps") },
        deployed: { Bolts: RUNNING },
        findJob: async () => ({ job, origin, warnings: [] }),
      },
    );

    expect(found).toMatchObject({
      lookups: [{ ref: NAMED, job: "inspect-7", model: "Bolts 2.0.0", unavailable: null }],
      asked: ["Bolts 2.0.0"],
    });
  });

  it("checks every packaged model where no job is named, but not one that was left over", async () => {
    const models = { Bolts: answering("Bolts"), Caps: answering("Caps"), Old: answering("Old") };
    const found = await lookUp({}, { models, deployed: { Bolts: RUNNING, Old: { kind: "absent" } } });

    const ref = { project: null, job: null };
    expect(found).toEqual({
      lookups: [
        { ref, job: null, model: "Bolts 1.0.0", unavailable: null },
        { ref, job: null, model: "Caps 1.0.0", unavailable: null },
      ],
      nothing: null,
      asked: ["Bolts 2.0.0", "Caps null", "Old null"],
      events: [],
    });
  });

  it("says that there is nothing to check, and what could not be read", async () => {
    const unread = [1, 2, 3, 4].map((at) => ({ path: `/packages/${at}`, why: "permission denied" }));
    const found = await lookUp(
      {},
      { models: { Old: answering("Old") }, deployed: { Old: { kind: "absent" } }, unread },
    );

    expect(found).toMatchObject({ lookups: [], events: ["check.no-jobs"] });
    expect(found.nothing).toBe(
      'Nothing to check: no packaged model was found on this device, and the setting "jobs" names none; Old in the package store is not deployed; could not read /packages/1: permission denied; could not read /packages/2: permission denied; could not read /packages/3: permission denied; and 1 more',
    );
  });

  it("judges a component by its files alone", async () => {
    const found = await lookUp(
      { jobs: [{ component: "Caps" }, { component: "Bolts" }] },
      { models: { Caps: answering("Caps") } },
    );

    expect(found.lookups).toMatchObject([
      { model: "Caps 1.0.0", unavailable: null },
      { model: null, unavailable: { reason: "NOT_FOUND", message: "Nothing to check: there are no files of Bolts" } },
    ]);
  });

  it("compares the only model on the device where a job is not described, and says so", async () => {
    const found = await lookUp({ jobs: [NAMED] }, { models: { Caps: answering("Caps") } });

    expect(found).toMatchObject({
      lookups: [
        {
          ref: NAMED,
          model: "Caps 1.0.0",
          unavailable: {
            reason: "GONE",
            message: "Cannot get it: the service ended; compared with the files of Caps 1.0.0 instead",
          },
        },
      ],
      events: ["job.unavailable"],
    });
  });

  it("does not choose between several models, and says how to name one", async () => {
    const found = await lookUp({ jobs: [NAMED] }, { models: { Bolts: answering("Bolts"), Caps: answering("Caps") } });

    expect(found.lookups).toMatchObject([
      {
        model: null,
        unavailable: {
          reason: "GONE",
          message:
            'Cannot get it: the service ended; 2 packaged models are on this device (Bolts, Caps): name one in the setting "jobs" as {component: NAME}',
        },
      },
    ]);
  });

  it("compares a component's files where its project's jobs cannot be listed", async () => {
    const found = await lookUp(
      { jobs: [{ project: "bolts", component: "Caps" }] },
      { models: { Bolts: answering("Bolts"), Caps: answering("Caps") } },
    );

    expect(found.lookups).toMatchObject([{ ref: { project: "bolts", job: null }, model: "Caps 1.0.0" }]);
  });

  it.each(["api", "file"])("never replaces a description from source type %s", async (type) => {
    const source = { type, path: "/job.json" };
    const found = await lookUp({ jobs: [NAMED], source }, { models: { Caps: answering("Caps") } });

    expect(found.lookups).toMatchObject([{ model: null, unavailable: { reason: "GONE" } }]);
  });

  it("asks for no description with source type model", async () => {
    const findJob = async () => {
      throw new Error("asked");
    };
    const found = await lookUp(
      { jobs: [NAMED, { project: "bolts", component: "Caps" }], source: { type: "model" } },
      { models: { Caps: answering("Caps") }, findJob },
    );

    expect(found.lookups).toMatchObject([
      { ref: NAMED, model: "Caps 1.0.0", unavailable: null },
      { ref: { project: "bolts", job: null }, model: "Caps 1.0.0", unavailable: null },
    ]);
  });
});
