import { describe, expect, it } from "vitest";
import { JobUnavailableError } from "../../src/base/errors.js";
import { jobPrefetch } from "../../src/sources/prefetch.js";
import type { FindJob, FoundJob } from "../../src/sources/source.js";

const ref = { project: "bolts", job: "inspect-7" };

/** A job as found; without credentials, only its stored copy. */
function foundJob(stale: FoundJob["origin"]["stale"] = null) {
  return { origin: { stale } } as FoundJob;
}

function scene(outcome: () => Promise<FoundJob>, awaitsCredentials = () => false) {
  const asked: string[] = [];
  const search =
    (when: string) =>
    (source: { endpoint: string }): FindJob =>
    ({ job }) => {
      asked.push(`${when} ${source.endpoint} ${job}`);
      return outcome();
    };
  const { prefetch, find } = jobPrefetch(search("ahead"), awaitsCredentials);
  const jobs = { prefetch, find: (source: { endpoint: string }) => find(source, search("now")(source)) };
  return { jobs, asked };
}

describe("jobPrefetch", () => {
  it("asks once for a job that was prefetched from the same source", async () => {
    const found = foundJob();
    const { jobs, asked } = scene(async () => found);
    jobs.prefetch({ endpoint: "a" }, ref);

    expect(await jobs.find({ endpoint: "a" })(ref)).toBe(found);
    expect(asked).toEqual(["ahead a inspect-7"]);
  });

  it("asks another source, or for another job, afresh", async () => {
    const { jobs, asked } = scene(async () => foundJob());
    jobs.prefetch({ endpoint: "a" }, ref);

    await jobs.find({ endpoint: "b" })(ref);
    await jobs.find({ endpoint: "a" })({ ...ref, job: "other" });
    expect(asked).toEqual(["ahead a inspect-7", "now b inspect-7", "now a other"]);
  });

  const denied = { reason: "DENIED", message: "no credentials" };
  it.each([
    ["failed while it awaited credentials", () => Promise.reject(new Error("no job")), true, true],
    ["gave a stored copy while it awaited credentials", async () => foundJob(denied), true, true],
    ["was answered, though it awaited credentials", async () => foundJob(), true, false],
    ["failed with credentials", () => Promise.reject(new JobUnavailableError("no job", "DENIED")), false, false],
    ["gave a stored copy with credentials", async () => foundJob(denied), false, false],
  ])(
    "asks again only where credentials may have been missing: a lookup that %s",
    async (_what, outcome, awaits, repeats) => {
      let awaitsCredentials = awaits;
      const { jobs, asked } = scene(outcome, () => awaitsCredentials);
      const find = jobs.find({ endpoint: "a" });
      jobs.prefetch({ endpoint: "a" }, ref);
      const inFlight = find(ref);
      await Promise.allSettled([inFlight]);
      awaitsCredentials = false;
      await Promise.allSettled([find(ref)]);

      expect(asked).toEqual(["ahead a inspect-7", ...(repeats ? ["now a inspect-7", "now a inspect-7"] : [])]);
    },
  );

  it("passes a failure only to the caller", async () => {
    const { jobs } = scene(() => Promise.reject(new Error("gone")));
    jobs.prefetch({ endpoint: "a" }, ref);

    await expect(jobs.find({ endpoint: "a" })(ref)).rejects.toThrow("gone");
  });
});
