import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type ApiAnswer, startApi } from "./api.js";
import { JOB, MODEL, NAME, type SceneOptions, startScene, TOP } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const COUNT = 20;
const JOBS = Array.from({ length: COUNT }, (_, at) => ({ project: JOB.project, job: `caps-${at}` }));
const NAMES = JOBS.map(({ job }) => job);
const ANSWER = readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8");

/** Answers for any job, and lists all of them. */
function good(path: string): ApiAnswer {
  const name = /modelpackagingjobs\/(.+)$/.exec(path)?.[1];
  if (name === undefined) {
    const ModelPackagingJobs = NAMES.map((JobName) => ({ JobName, Status: "SUCCEEDED" }));
    return { status: 200, body: { ModelPackagingJobs } };
  }
  return { status: 200, body: JSON.parse(ANSWER.replaceAll(JOB.job, name)) };
}

/** A device with twenty jobs, and their archive. */
async function scene(options: SceneOptions = {}) {
  const archive = await startApi(good);
  closers.push(archive.close);
  const source = { type: "archive", endpoint: archive.url };
  const it = await startScene({ ...options, configuration: { jobs: JOBS, source, ...options.configuration } });
  closers.push(it.close);
  /** The reports of the first check of a kind: one for each job. */
  const check = async (trigger: string) => {
    const reports = [];
    for (const job of NAMES)
      reports.push(await it.reports.next((report) => report.trigger === trigger && report.job.name === job));
    return reports;
  };
  return { ...it, jobs: archive, check };
}

describe.each(["classic", "lite"] as const)("twenty jobs on the %s nucleus", (flavour) => {
  it("are each reported, in their order, from the kept copies or as unavailable, when the archive never answers", async () => {
    const it = await scene({ flavour, configuration: { jobs: JOBS.slice(1) } });
    for (const job of NAMES.slice(1)) await it.reports.next((report) => report.job.name === job);
    const before = it.jobs.asked.length;
    it.jobs.answer = () => "silent";

    const begun = performance.now();
    it.nucleus.setConfiguration(NAME, { jobs: JOBS });
    const reports = await it.check("CONFIG_CHANGE");

    expect(performance.now() - begun).toBeLessThan(45_000);
    expect(it.jobs.asked.length - before).toBeLessThanOrEqual(4);
    expect(reports.map(({ drift, job }) => [job.name, drift, job.unavailable?.reason])).toEqual(
      NAMES.map((name, at) => [name, at === 0 ? "NOT_CHECKED" : "IN_SYNC", "TIMEOUT"]),
    );
    const sequences = reports.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(reports.at(-1)?.job.unavailable?.message).toMatch(
      /^Cannot get job "caps-19" .+: no answer within 30000 ms; not asked again in this check$/,
    );
  }, 80_000);
});

describe("twenty jobs", () => {
  it("do not each wait for an archive that is not there", async () => {
    const it = await scene();
    await it.check("START");
    await it.jobs.close();

    it.nucleus.setConfiguration(NAME, { heartbeatHours: 12, deployedVersion: [`${MODEL.name}=4.0.1`] });
    const reports = await it.check("CONFIG_CHANGE");

    expect(reports.map(({ job }) => job.unavailable?.reason)).toEqual(NAMES.map(() => "UNREACHABLE"));
    expect(reports.map(({ drift }) => drift)).toEqual(NAMES.map(() => "DRIFTED"));
  });

  it("do not each wait for a nucleus that never tells a component's details", async () => {
    const it = await scene({ onNucleus: (nucleus) => void nucleus.answerWith("GetComponentDetails", "nothing") });
    // Once for what the nucleus offers, once for all jobs.
    const begun = performance.now();
    const reports = await it.check("START");

    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(reports.map(({ component }) => component.deployedVersion)).toEqual(NAMES.map(() => "4.0.0"));
  }, 60_000);

  it("of which one is to be found by its component do not each wait for an archive that only lists them", async () => {
    const it = await scene({ configuration: { jobs: [{ project: JOB.project, component: MODEL.name }] } });
    await it.reports.next(({ trigger }) => trigger === "START");
    it.jobs.answer = (path) => (path.endsWith("modelpackagingjobs") ? good(path) : "silent");

    it.nucleus.setConfiguration(NAME, { heartbeatHours: 12, deployedVersion: [`${MODEL.name}=4.0.1`] });
    const report = await it.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");

    // Known from the copies, all of them.
    expect(report.job.unavailable?.message).toMatch(/^None of the 20 jobs of project bottle-caps made .+ 4\.0\.1; the/);
    expect(report.job.unavailable?.message).not.toContain("could not be read");
  }, 60_000);
});
