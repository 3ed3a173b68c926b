import { afterEach, describe, expect, it } from "vitest";
import { JOB, NAME, startScene } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const JOBS = Array.from({ length: 22 }, (_, at) => ({ project: JOB.project, job: `bottle-caps-x86-cpu-${at}` }));

const mapOf = (end: number, start = 0) =>
  Object.fromEntries(
    Array.from({ length: end - start }, (_, at) => [
      `line-${start + at}`,
      { project: JOB.project, job: `bottle-caps-x86-cpu-${start + at}` },
    ]),
  );
const WAIVERS = Object.fromEntries(
  ["target.device", "target.os", "compiler.mcpu"].map((rule) => [rule, { rule, reason: "known" }]),
);

describe("a configuration on nucleus lite, which stores 1,024 bytes of each list", () => {
  it("is refused with 22 jobs as a list, and packdrift continues as before", async () => {
    const it = await startScene({ flavour: "lite" });
    open.push(it);
    await it.reports.next(() => true);

    const result = await it.nucleus.deploy(NAME, { id: "d", configuration: { jobs: JOBS } });

    expect(result).toEqual({
      id: "d",
      status: "FAILED",
      reason: `Failed to apply merge configuration update for ${NAME}.`,
    });
    expect(it.nucleus.configurationOf(NAME)).toMatchObject({ jobs: [JOB] });
  });

  it("is accepted with 22 jobs as a map, and each of them is checked", async () => {
    const it = await startScene({ flavour: "lite", restart: true, configuration: { jobs: { first: JOB } } });
    open.push(it);
    await it.reports.next(({ job, drift }) => job.name === JOB.job && drift === "IN_SYNC");

    const jobs = Object.fromEntries(JOBS.map((job, at) => [`line-${at}`, job]));
    expect(await it.nucleus.deploy(NAME, { configuration: { jobs } })).toMatchObject({ status: "SUCCEEDED" });

    for (const { job: name } of JOBS) await it.reports.next(({ job }) => job.name === name);
    expect(it.nucleus.configurationOf(NAME)).toMatchObject({ jobs: { first: JOB, "line-21": JOBS[21] } });
  });

  it("is refused with 34 jobs in one merge, and packdrift continues as before", async () => {
    const it = await startScene({ flavour: "lite" });
    open.push(it);
    await it.reports.next(() => true);

    const result = await it.nucleus.deploy(NAME, { configuration: { jobs: mapOf(34) } });

    expect(result).toMatchObject({ status: "FAILED" });
    expect(it.nucleus.configurationOf(NAME)).toMatchObject({ jobs: [JOB] });
  });
});

describe("a configuration that is longer than an answer of nucleus lite", () => {
  it("is read setting by setting", async () => {
    const it = await startScene({ flavour: "lite", configuration: { jobs: mapOf(41), waivers: WAIVERS } });
    open.push(it);

    for (const { job: name } of Object.values(mapOf(41))) await it.reports.next(({ job }) => job.name === name);
  });

  it("is refused when a single setting is too long, and the last good one stays in force", async () => {
    const it = await startScene({ flavour: "lite", restart: true });
    open.push(it);
    await it.reports.next(({ drift }) => drift === "IN_SYNC");

    await it.nucleus.deploy(NAME, { reset: ["/jobs"], configuration: { jobs: mapOf(30) } });
    await it.reports.next(({ job }) => job.name === "bottle-caps-x86-cpu-29");
    await it.nucleus.deploy(NAME, { configuration: { jobs: mapOf(60, 30) } });

    const report = await it.reports.next(({ agent }) => agent.problems.length > 0);
    expect(report.agent.problems).toEqual([
      expect.stringMatching(/^Cannot read "jobs": nucleus lite sends at most 255 keys and values in an answer/),
    ]);
  });

  it("ends a component that never had a good one, so that Greengrass reports it", async () => {
    const it = await startScene({ flavour: "lite", configuration: { jobs: mapOf(42) } });
    open.push(it);

    expect(await it.component.exited).toMatchObject({ code: 3 });
  });
});
