import { describe, expect, it } from "vitest";
import { JobUnavailableError } from "../../src/base/errors.js";
import { deployedFrom } from "../../src/drift/deployed.js";
import { findOwnJob } from "../../src/examiner/own-job.js";
import type { FindJob } from "../../src/sources/source.js";
import { someJob } from "../drift/builders.js";

const NAME = "Inspect";
const version = (text: string) =>
  deployedFrom(NAME, [{ from: "nucleus", result: { kind: "version", version: text, state: null } }]);
const untold = deployedFrom(NAME, [{ from: "nucleus", result: { kind: "unknown", why: "not offered" } }]);

/** A project whose jobs made these component versions. */
function project(made: Readonly<Record<string, readonly [component: string, version: string] | null>>) {
  const findJob: FindJob = async ({ job }) => {
    const component = made[job];
    if (component == null) throw new JobUnavailableError("Cannot get it", "FAILED");
    const [name, componentVersion] = component;
    return {
      job: someJob({ name: job, component: { name, version: componentVersion, versionFrom: "OUTPUT" } }),
      origin: { source: "test", fetchedAt: "2026-11-23T12:00:00.000Z", digest: "d", stale: null },
      warnings: [],
    };
  };
  return { listJobs: async () => Object.keys(made), findJob };
}

describe("findOwnJob", () => {
  it("finds the job whose output is the deployed component in the deployed version", async () => {
    const jobs = project({ a: [NAME, "1.0.0"], b: [NAME, "2.0.0"], c: ["Other", "2.0.0"] });

    expect(await findOwnJob("bolts", version("2.0.0"), jobs)).toMatchObject({ kind: "found", job: "b" });
  });

  it("compares versions as three integers", async () => {
    const jobs = project({ a: [NAME, "02.0.0"], b: [NAME, "2.0.1"] });

    expect(await findOwnJob("bolts", version("2.0.0"), jobs)).toMatchObject({ kind: "found", job: "a" });
  });

  it("uses the only job of a component whose deployed version is not known", async () => {
    const jobs = project({ a: [NAME, "1.0.0"], c: ["Other", "2.0.0"] });

    expect(await findOwnJob("bolts", untold, jobs)).toMatchObject({ kind: "found", job: "a" });
  });

  it("names the candidates when several made the same", async () => {
    const jobs = project({ a: [NAME, "2.0.0"], b: [NAME, "2.0.0"], c: [NAME, "1.0.0"] });

    const answer = await findOwnJob("bolts", version("2.0.0"), jobs);

    const message =
      "2 jobs of project bolts made Inspect 2.0.0, and it is not known which of them made the deployed one: a (2.0.0), b (2.0.0)";
    expect(answer).toMatchObject({
      kind: "unclear",
      reason: "AMBIGUOUS",
      message,
      choice: {
        rule: "component.deployed",
        outcome: "UNKNOWN",
        severity: "WARNING",
        expected: "one job that made Inspect 2.0.0",
        actual: "a (2.0.0), b (2.0.0)",
        because: message,
      },
    });
  });

  it("names the candidates in the project's order, whichever is read first", async () => {
    const { listJobs, findJob } = project({ a: [NAME, "2.0.0"], b: [NAME, "2.0.0"] });
    let readLast = () => {};
    const lastIsRead = new Promise<void>((resolve) => {
      readLast = resolve;
    });
    const slowly: FindJob = async (ref) => {
      if (ref.job === "a") await lastIsRead;
      else readLast();
      return findJob(ref);
    };

    expect(await findOwnJob("bolts", version("2.0.0"), { listJobs, findJob: slowly })).toMatchObject({
      choice: { actual: "a (2.0.0), b (2.0.0)" },
    });
  });

  it("lists the jobs when no job made it, and what could not be read", async () => {
    const jobs = project({ a: [NAME, "1.0.0"], b: null, c: ["Other", "2.0.0"] });

    expect(await findOwnJob("bolts", version("2.0.0"), jobs)).toMatchObject({
      kind: "unclear",
      reason: "NOT_FOUND",
      message:
        "None of the 3 jobs of project bolts made Inspect 2.0.0; the component was made by a (1.0.0); 1 could not be read: b",
      choice: { actual: "a (1.0.0)" },
    });
  });
});
