import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { InvalidInputError, type JobFailure, JobUnavailableError } from "../../src/base/errors.js";
import { parseJob } from "../../src/job/parse-job.js";
import type { JobSource } from "../../src/sources/source.js";
import { type JobCopies, sourceWithCopies } from "../../src/sources/stored-copies.js";

const REF = { project: "weld-seams", job: "xavier" };
const ANSWER = {
  ModelPackagingDescription: {
    JobName: "xavier",
    ProjectName: "weld-seams",
    Status: "SUCCEEDED",
    CreationTimestamp: 1.5,
  },
};
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const DIGEST = sha256('{"CreationTimestamp":1500,"JobName":"xavier","ProjectName":"weld-seams","Status":"SUCCEEDED"}');

function answering(answer: unknown, fetchedAt = "2026-01-02T03:04:05.000Z"): JobSource {
  return { name: "api https://example.test", describe: async () => ({ answer, fetchedAt }) };
}

function failing(reason: JobFailure): JobSource {
  return {
    name: "api https://example.test",
    describe: async () => {
      throw new JobUnavailableError(`it is ${reason}`, reason, 7);
    },
  };
}

function copiesInMemory(): JobCopies & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const key = (ref: typeof REF) => `${ref.project}/${ref.job}`;
  return {
    texts,
    list: async () => [],
    read: async (ref) => texts.get(key(ref)) ?? null,
    write: async (ref, text) => void texts.set(key(ref), text),
    setAside: async (ref) => {
      texts.set("aside", texts.get(key(ref)) ?? "");
      texts.delete(key(ref));
      return "the attic";
    },
  };
}

async function copiesOfGoodJob(change: (copy: Record<string, unknown>) => unknown = (copy) => copy) {
  const copies = copiesInMemory();
  await sourceWithCopies(answering(ANSWER), copies)(REF);
  const copy = JSON.parse(copies.texts.get("weld-seams/xavier") ?? "");
  copies.texts.set("weld-seams/xavier", JSON.stringify(change(copy)));
  return copies;
}

async function failureOf(found: Promise<unknown>): Promise<JobUnavailableError> {
  const error = await found.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(JobUnavailableError);
  return error as JobUnavailableError;
}

describe("sourceWithCopies", () => {
  it("returns what the source had to guess as warnings", async () => {
    const source = answering(ANSWER);
    const guessing = {
      ...source,
      describe: async (ref: typeof REF) => ({ ...(await source.describe(ref)), notes: ["TargetPlatform is guessed"] }),
    };

    expect((await sourceWithCopies(guessing, copiesInMemory())(REF)).warnings).toEqual(["TargetPlatform is guessed"]);
  });

  it("returns the source's job, and stores it", async () => {
    const copies = copiesInMemory();

    const found = await sourceWithCopies(answering(ANSWER), copies)(REF);

    expect(found).toEqual({
      job: parseJob(ANSWER),
      origin: {
        source: "api https://example.test",
        fetchedAt: "2026-01-02T03:04:05.000Z",
        digest: DIGEST,
        stale: null,
      },
      warnings: [],
    });
    expect([...copies.texts].map(([name, text]) => [name, JSON.parse(text)])).toEqual([
      [
        "weld-seams/xavier",
        {
          schema: "packdrift.job-copy/1",
          ...REF,
          source: "api https://example.test",
          fetchedAt: "2026-01-02T03:04:05.000Z",
          digest: DIGEST,
          answer: ANSWER,
        },
      ],
    ]);
  });

  const reasons: JobFailure[] = [
    "NOT_FOUND",
    "DENIED",
    "INVALID",
    "THROTTLED",
    "FAILED",
    "UNREACHABLE",
    "TIMEOUT",
    "GONE",
    "NOT_A_JOB",
  ];

  it.each(reasons)("returns the last good copy, and why, when the source is %s", async (reason) => {
    const copies = await copiesOfGoodJob();

    const found = await sourceWithCopies(failing(reason), copies)(REF);

    expect(found).toEqual({
      job: parseJob(ANSWER),
      origin: {
        source: "api https://example.test",
        fetchedAt: "2026-01-02T03:04:05.000Z",
        digest: DIGEST,
        stale: { reason, message: `it is ${reason}` },
      },
      warnings: [],
    });
  });

  it("throws the source's error when there is no copy", async () => {
    const failure = await failureOf(sourceWithCopies(failing("THROTTLED"), copiesInMemory())(REF));

    expect([failure.message, failure.reason, failure.retryAfterSeconds]).toEqual(["it is THROTTLED", "THROTTLED", 7]);
  });

  it.each([
    ["a body that is no job", { Hello: 1 }, 'needs ModelPackagingDescription, has "Hello"'],
    ["an empty description", { ModelPackagingDescription: {} }, "the answer says nothing about a job"],
    [
      "another job",
      { ModelPackagingDescription: { ...ANSWER.ModelPackagingDescription, JobName: "other" } },
      'it describes job "other" of project "weld-seams"',
    ],
  ])("treats %s as no answer, and leaves the copy unchanged", async (_, answer, why) => {
    const copies = await copiesOfGoodJob();
    const before = copies.texts.get("weld-seams/xavier");

    const found = await sourceWithCopies(answering(answer), copies)(REF);

    expect(found.job).toEqual(parseJob(ANSWER));
    expect(found.origin.stale).toEqual({
      reason: "NOT_A_JOB",
      message: `Cannot get job "xavier" of project "weld-seams" from api https://example.test: ${why}`,
    });
    expect(copies.texts.get("weld-seams/xavier")).toBe(before);
  });

  it("returns a fresh job that cannot be stored, with a warning", async () => {
    const copies: JobCopies = {
      ...copiesInMemory(),
      write: async () => {
        throw new Error("ENOSPC: no space left on device");
      },
    };

    const found = await sourceWithCopies(answering(ANSWER), copies)(REF);

    expect(found.job).toEqual(parseJob(ANSWER));
    expect(found.warnings).toEqual([
      'Cannot store the last good copy of job "xavier" of project "weld-seams": ENOSPC: no space left on device',
    ]);
  });

  it.each([
    ["of another answer", (copy: object) => ({ ...copy, answer: { Status: "FAILED" } }), "its digest does not match"],
    [
      "of another job",
      (copy: object) => ({ ...copy, job: "other" }),
      'it describes job "other" of project "weld-seams"',
    ],
    ["of another form", () => [], "it is not a packdrift.job-copy/1"],
    ["without a time", (copy: object) => ({ ...copy, fetchedAt: "soon" }), "it is not a packdrift.job-copy/1"],
    [
      "without a job",
      (copy: object) => ({ ...copy, answer: {} }),
      "Cannot read job: needs ModelPackagingDescription, is empty",
    ],
    [
      "that describes another job",
      (copy: object) => ({
        ...copy,
        answer: { JobName: "other", Status: "FAILED" },
        digest: sha256('{"JobName":"other","Status":"FAILED"}'),
      }),
      'it describes job "other" of project "weld-seams"',
    ],
  ])("moves a copy %s aside and does not use it", async (_, change, why) => {
    const copies = await copiesOfGoodJob(change);

    const failure = await failureOf(sourceWithCopies(failing("GONE"), copies)(REF));

    expect([failure.reason, failure.retryAfterSeconds]).toEqual(["GONE", 7]);
    expect(failure.message).toBe(`it is GONE; the last good copy is damaged (${why}) and was moved to the attic`);
    expect([...copies.texts.keys()]).toEqual(["aside"]);
  });

  it("does not use a copy that was cut off", async () => {
    const copies = await copiesOfGoodJob();
    copies.texts.set("weld-seams/xavier", (copies.texts.get("weld-seams/xavier") ?? "").slice(0, 100));

    const failure = await failureOf(sourceWithCopies(failing("GONE"), copies)(REF));

    expect(failure.message).toMatch(
      /^it is GONE; the last good copy is damaged \(.+JSON.*\) and was moved to the attic$/,
    );
  });

  it("says that a copy cannot be read", async () => {
    const copies: JobCopies = {
      ...copiesInMemory(),
      read: async () => {
        throw new Error("EIO: i/o error");
      },
    };

    const failure = await failureOf(sourceWithCopies(failing("TIMEOUT"), copies)(REF));

    expect(failure.message).toBe("it is TIMEOUT; the last good copy cannot be read: EIO: i/o error");
  });

  it("refuses a name that no job can have", async () => {
    const find = sourceWithCopies(failing("GONE"), await copiesOfGoodJob());

    await expect(find({ project: "weld-seams", job: "../x" })).rejects.toThrow(InvalidInputError);
  });

  it("does not answer with a copy when it was aborted", async () => {
    const controller = new AbortController();
    const source: JobSource = {
      name: "x",
      describe: async (_, signal) => {
        controller.abort(new Error("stop"));
        throw signal?.reason;
      },
    };

    await expect(sourceWithCopies(source, await copiesOfGoodJob())(REF, controller.signal)).rejects.toThrow("stop");
  });

  it("throws on a bug in the source", async () => {
    const source: JobSource = {
      name: "x",
      describe: async () => {
        throw new TypeError("bug");
      },
    };

    await expect(sourceWithCopies(source, await copiesOfGoodJob())(REF)).rejects.toThrow(TypeError);
  });
});
