import { describe, expect, it } from "vitest";
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

  it("asks again for what failed before it was needed: the network or the nucleus may not have been there", async () => {
    const { jobs, asked } = scene(() => Promise.reject(new Error("offline")));
    jobs.ahead({ endpoint: "a" }, ref);
    await new Promise((resolve) => setImmediate(resolve));

    await expect(jobs.find({ endpoint: "a" })(ref)).rejects.toThrow("offline");
    expect(asked).toEqual(["ahead a inspect-7", "now a inspect-7"]);
  });

  it("gives a failure to who asks, and to nobody else", async () => {
    const { jobs } = scene(() => Promise.reject(new Error("gone")));
    jobs.ahead({ endpoint: "a" }, ref);

    await expect(jobs.find({ endpoint: "a" })(ref)).rejects.toThrow("gone");
  });
});
