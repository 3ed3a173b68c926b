import { describe, expect, it } from "vitest";
import { type JobFailure, JobUnavailableError } from "../../src/base/errors.js";
import { firstAnswer } from "../../src/sources/first-answer.js";
import { describeJob } from "../../src/sources/lookup.js";
import type { JobSource } from "../../src/sources/source.js";

const REF = { project: "bolts", job: "inspect-7" };
const fetchedAt = "2026-11-29T10:00:00.000Z";

const holding = (name: string, job = "inspect-7"): JobSource => ({
  name,
  describe: async () => ({ answer: { JobName: job, ProjectName: "bolts" }, fetchedAt }),
  list: async () => [job],
});
const failing = (name: string, reason: JobFailure): JobSource => ({
  name,
  describe: async () => {
    throw new JobUnavailableError(`Nothing from ${name}`, reason);
  },
});

describe("firstAnswer", () => {
  it("returns the first answer, and names the source that gave it", async () => {
    const source = firstAnswer([failing("file /a", "NOT_FOUND"), holding("archive b"), holding("archive c")]);

    expect((await describeJob(source, REF)).origin).toMatchObject({ source: "archive b", fetchedAt, stale: null });
  });

  it("skips an answer about another job", async () => {
    const source = firstAnswer([holding("file /a", "another"), holding("archive b")]);

    expect((await describeJob(source, REF)).origin.source).toBe("archive b");
  });

  it("reports what each source said when none answers", async () => {
    const source = firstAnswer([failing("file /a", "NOT_FOUND"), failing("archive b", "UNREACHABLE")]);

    await expect(source.describe(REF)).rejects.toMatchObject({
      reason: "NOT_FOUND",
      message: "Nothing from file /a; Nothing from archive b",
    });
  });

  it("lists the jobs of the first source that has a list", async () => {
    expect(await firstAnswer([failing("a", "GONE"), holding("b")]).list?.("bolts")).toEqual(["inspect-7"]);
  });

  it("is the source itself when there is only one", () => {
    const only = holding("file /a");

    expect(firstAnswer([only])).toBe(only);
  });
});
