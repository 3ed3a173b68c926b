import {
  DescribeModelPackagingJobCommand,
  LookoutVisionClient,
  paginateListModelPackagingJobs,
} from "@aws-sdk/client-lookoutvision";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseJob } from "../../src/job/parse-job.js";
import type { DescribeAnswer } from "../../src/job/wire.js";
import { readAnswers, type SampleArchive, startSampleArchive } from "../../src/lab/sample-archive.js";
import { lookoutVisionJobs } from "../../src/sources/api.js";

const FOLDER = new URL("../../src/lab/jobs", import.meta.url).pathname;

let archive: SampleArchive;
let client: LookoutVisionClient;

beforeEach(async () => {
  archive = await startSampleArchive(FOLDER);
  client = new LookoutVisionClient({
    region: "eu-central-1",
    endpoint: archive.endpoint,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await archive.close();
});

describe("startSampleArchive", () => {
  it("serves every sample job to AWS's client, field by field", async () => {
    const answers = (await readAnswers(FOLDER)) as DescribeAnswer[];
    expect(answers).toHaveLength(8);
    for (const { ModelPackagingDescription: stored = {} } of answers) {
      const { CreationTimestamp = 0, LastUpdatedTimestamp = 0, ...rest } = stored;
      const told = await client.send(
        new DescribeModelPackagingJobCommand({ ProjectName: stored.ProjectName, JobName: stored.JobName }),
      );

      expect(told.ModelPackagingDescription).toEqual({
        ...rest,
        CreationTimestamp: new Date(Math.round(CreationTimestamp * 1000)),
        LastUpdatedTimestamp: new Date(Math.round(LastUpdatedTimestamp * 1000)),
      });
    }
  });

  it("serves lists to AWS's client, page by page", async () => {
    const pages: unknown[] = [];
    for await (const page of paginateListModelPackagingJobs({ client, pageSize: 1 }, { ProjectName: "weld-seams" })) {
      pages.push(page.ModelPackagingJobs?.map(({ JobName, Status }) => [JobName, Status]));
    }

    expect(pages).toEqual([[["weld-seams-failed", "FAILED"]], [["weld-seams-xavier", "SUCCEEDED"]]]);
  });

  it("serves the service's errors to AWS's client", async () => {
    const describeJob = (JobName: string) =>
      client.send(new DescribeModelPackagingJobCommand({ ProjectName: "weld-seams", JobName }));

    await expect(describeJob("other")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The model packaging job other could not be found in project weld-seams",
      ResourceType: "MODEL_PACKAGE_JOB",
      ResourceId: "other",
      $metadata: { httpStatusCode: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    await expect(describeJob("a/b")).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining("Value 'a/b' at 'jobName'"),
    });
  });

  it("serves jobs that are given to it, to packdrift's own source", async () => {
    const answer = { ModelPackagingDescription: { ProjectName: "p", JobName: "j", Status: "RUNNING" } };
    const own = await startSampleArchive([answer]);
    const settings = { region: "eu-central-1", endpoint: own.endpoint, timeoutMs: 5_000, signing: "never" as const };

    const found = await lookoutVisionJobs(settings, Date.now).describe({ project: "p", job: "j" });
    await own.close();

    expect([found.answer, parseJob(found.answer).status]).toEqual([answer, "RUNNING"]);
  });

  it("refuses a job without a name", async () => {
    await expect(startSampleArchive([{ Status: "FAILED" }])).rejects.toThrow("Cannot use project name missing");
  });
});
