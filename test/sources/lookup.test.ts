import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidInputError, JobUnavailableError } from "../../src/base/errors.js";
import { parseJob } from "../../src/job/parse-job.js";
import { describeJob, foundOrFailure, readSavedJob } from "../../src/sources/lookup.js";
import type { JobSource } from "../../src/sources/source.js";

const REF = { project: "weld-seams", job: "xavier" };
const ANSWER = { JobName: "xavier", ProjectName: "weld-seams", Status: "SUCCEEDED" };
const fetchedAt = "2026-01-02T03:04:05.000Z";
const answering = (answer: unknown): JobSource => ({
  name: "archive https://example.test",
  describe: async () => ({ answer, fetchedAt }),
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-lookup-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const saved = (text: string): string => {
  const path = join(folder, "job.json");
  writeFileSync(path, text);
  return path;
};

describe("describeJob", () => {
  it("returns the job with its origin and the answer as it came", async () => {
    expect(await describeJob(answering(ANSWER), REF)).toEqual({
      job: parseJob(ANSWER),
      origin: {
        source: "archive https://example.test",
        fetchedAt,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        stale: null,
      },
      answer: ANSWER,
      fetchedAt,
      notes: [],
    });
  });

  it("accepts an answer that leaves out its names", async () => {
    expect((await describeJob(answering({ Status: "SUCCEEDED" }), REF)).job.status).toBe("SUCCEEDED");
  });

  it.each([
    ["another job", { ...ANSWER, JobName: "orin" }, 'it describes job "orin" of project "weld-seams"'],
    ["a job of another project", { ...ANSWER, ProjectName: "caps" }, 'it describes job "xavier" of project "caps"'],
    ["nothing about a job", { ModelPackagingDescription: {} }, "the answer says nothing about a job"],
    ["no job", { Hello: 1 }, 'needs ModelPackagingDescription, has "Hello"'],
  ])("refuses an answer that describes %s", async (_, answer, why) => {
    const outcome = await foundOrFailure(() => describeJob(answering(answer), REF));

    expect(outcome).toMatchObject({
      failure: {
        reason: "NOT_A_JOB",
        message: `Cannot get job "xavier" of project "weld-seams" from archive https://example.test: ${why}`,
      },
    });
  });

  it("asks for no name that no job can have", async () => {
    const source: JobSource = {
      name: "x",
      describe: () => {
        throw new Error("must not be called");
      },
    };

    await expect(describeJob(source, { project: "weld-seams", job: "../x" })).rejects.toThrow(InvalidInputError);
  });
});

describe("readSavedJob", () => {
  it("returns whichever job the file describes", async () => {
    const path = saved(JSON.stringify(ANSWER));

    expect(await readSavedJob(path)).toMatchObject({ job: parseJob(ANSWER), origin: { source: `file ${path}` } });
  });

  it.each(["", "<html>", '{"Hello": 1}'])("refuses a file with %j, which describes no job", async (text) => {
    const path = saved(text);

    const outcome = await foundOrFailure(() => readSavedJob(path));

    expect(outcome).toMatchObject({ failure: { reason: "NOT_A_JOB", message: expect.stringContaining(path) } });
  });
});

describe("foundOrFailure", () => {
  it("returns what was found, or the expected error", async () => {
    const gone = new JobUnavailableError("gone", "GONE");

    expect(await foundOrFailure(async () => 7)).toEqual({ found: 7 });
    expect(await foundOrFailure(() => Promise.reject(gone))).toEqual({ failure: gone });
  });

  it("throws on a bug", async () => {
    await expect(foundOrFailure(() => Promise.reject(new TypeError("bug")))).rejects.toThrow(TypeError);
  });
});
