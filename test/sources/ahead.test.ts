import { describe, expect, it } from "vitest";
import { JobUnavailableError } from "../../src/base/errors.js";
import { jobsAhead } from "../../src/sources/ahead.js";
import type { FindJob, FoundJob } from "../../src/sources/source.js";

const ref = { project: "bolts", job: "inspect-7" };

function scene(outcome: () => Promise<FoundJob>) {
  const asked: string[] = [];
  const search =
    (when: string) =>
    (source: { endpoint: string }): FindJob =>
    ({ job }) => {
      asked.push(`${when} ${source.endpoint} ${job}`);
      return outcome();
    };
  const { ahead, find } = jobsAhead(search("ahead"));
  const jobs = { ahead, find: (source: { endpoint: string }) => find(source, search("now")(source)) };
  return { jobs, asked };
}

describe("jobsAhead", () => {
  it("asks once for a job that was looked for ahead in the same source", async () => {
    const found = {} as FoundJob;
    const { jobs, asked } = scene(async () => found);
    jobs.ahead({ endpoint: "a" }, ref);

    expect(await jobs.find({ endpoint: "a" })(ref)).toBe(found);
    expect(asked).toEqual(["ahead a inspect-7"]);
  });

  it("asks another source, or for another job, anew", async () => {
    const { jobs, asked } = scene(async () => ({}) as FoundJob);
    jobs.ahead({ endpoint: "a" }, ref);

    await jobs.find({ endpoint: "b" })(ref);
    await jobs.find({ endpoint: "a" })({ ...ref, job: "other" });
    expect(asked).toEqual(["ahead a inspect-7", "now b inspect-7", "now a other"]);
  });

  it.each([
    ["DENIED", ["ahead a inspect-7", "now a inspect-7"]],
    ["TIMEOUT", ["ahead a inspect-7", "now a inspect-7"]],
    ["GONE", ["ahead a inspect-7"]],
  ] as const)("asks again only where credentials may have been missing: after %s", async (reason, expected) => {
    const { jobs, asked } = scene(() => Promise.reject(new JobUnavailableError("no job", reason)));
    jobs.ahead({ endpoint: "a" }, ref);
    await new Promise((resolve) => setImmediate(resolve));

    await expect(jobs.find({ endpoint: "a" })(ref)).rejects.toThrow("no job");
    expect(asked).toEqual(expected);
  });

  it("gives a failure to who asks, and to nobody else", async () => {
    const { jobs } = scene(() => Promise.reject(new Error("gone")));
    jobs.ahead({ endpoint: "a" }, ref);

    await expect(jobs.find({ endpoint: "a" })(ref)).rejects.toThrow("gone");
  });
});
