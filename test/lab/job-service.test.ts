import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { type JobService, startJobService } from "../../src/lab/job-service.js";

const read = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, "../..", path), "utf8"));
const PACKAGED = read("src/lab/jobs/x86-t4.json");
const COMPILED = read("test/archive/import/fixtures/neo-dda-x86-cuda.json");

const started: JobService[] = [];
afterEach(() => Promise.all(started.splice(0).map((service) => service.close())));
async function start(answers: readonly unknown[]): Promise<JobService> {
  const service = await startJobService(answers);
  started.push(service);
  return service;
}

describe("startJobService", () => {
  it("is an archive for packaging jobs", async () => {
    const { jobs, title, settings, environment } = await start([PACKAGED]);

    expect(jobs.map(({ name }) => name)).toEqual(["surface-scratch-t4"]);
    expect(settings).toEqual({
      jobs: [{ project: "surface-scratch", job: "surface-scratch-t4" }],
      source: { type: "archive", endpoint: title.replace("archive ", "") },
    });
    expect(environment).toEqual({});
  });

  it("is SageMaker for compilation jobs, with a key to ask it", async () => {
    const { jobs, title, settings, environment } = await start([COMPILED]);

    expect(jobs.map(({ project, name }) => [project, name])).toEqual([["sagemaker-neo", "neo-dda-x86-cuda"]]);
    expect(settings).toEqual({
      jobs: [{ compilationJob: "neo-dda-x86-cuda" }],
      source: { type: "sagemaker", endpoint: title.replace("SageMaker ", ""), region: "eu-west-1" },
    });
    expect(Object.keys(environment)).toEqual(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
  });

  it("leaves the settings alone without jobs", async () => {
    expect((await start([])).settings).toEqual({});
  });

  it("refuses both kinds at once, and a target that no packaging job can name", async () => {
    await expect(start([PACKAGED, COMPILED])).rejects.toThrow(InvalidInputError);
    const inferentia = { ...COMPILED, OutputConfig: { TargetDevice: "ml_inf1" } };
    await expect(start([inferentia])).rejects.toThrow("no packaging job can name");
  });
});
