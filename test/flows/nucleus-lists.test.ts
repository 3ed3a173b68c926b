import { afterEach, describe, expect, it } from "vitest";
import { JOB, NAME, startScene } from "./flow-parts.js";

const open: Awaited<ReturnType<typeof startScene>>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const JOBS = Array.from({ length: 22 }, (_, at) => ({ project: JOB.project, job: `bottle-caps-x86-cpu-${at}` }));

describe("a configuration on nucleus lite, which stores 1,024 bytes of each list", () => {
  it("is refused with 22 jobs as a list, and packdrift goes on as before", async () => {
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

  it("is taken with 22 jobs as a map, and each of them is checked", async () => {
    const it = await startScene({ flavour: "lite", restart: true, configuration: { jobs: { first: JOB } } });
    open.push(it);
    await it.reports.next(({ job, drift }) => job.name === JOB.job && drift === "IN_SYNC");

    const jobs = Object.fromEntries(JOBS.map((job, at) => [`line-${at}`, job]));
    expect(await it.nucleus.deploy(NAME, { configuration: { jobs } })).toMatchObject({ status: "SUCCEEDED" });

    for (const { job: name } of JOBS) await it.reports.next(({ job }) => job.name === name);
    expect(it.nucleus.configurationOf(NAME)).toMatchObject({ jobs: { first: JOB, "line-21": JOBS[21] } });
  });
});
