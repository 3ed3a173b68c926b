import { afterEach, describe, expect, it } from "vitest";
import type { Nucleus } from "../../src/lab/nucleus.js";
import { startTokenExchange } from "../../src/lab/token-exchange.js";
import { startApi } from "./api.js";
import { JOB, MODEL, NAME, type SceneOptions, startScene } from "./flow-parts.js";
import { JOBS, listsAndAnswers, NAMES, twentyJobs } from "./twenty-jobs.js";

// What never answers is waited for as long as its limit: each of these tests lasts as long.
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function scene(options: SceneOptions = {}) {
  const started = await twentyJobs(options);
  closers.push(started.close);
  return started;
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

    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(it.jobs.asked.length - before).toBeLessThanOrEqual(4);
    expect(reports.map(({ drift, job }) => [job.name, drift, job.unavailable?.reason])).toEqual(
      NAMES.map((name, at) => [name, at === 0 ? "NOT_CHECKED" : "IN_SYNC", "TIMEOUT"]),
    );
    const sequences = reports.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(reports.at(-1)?.job.unavailable?.message).toMatch(
      /^Cannot get job "caps-19" .+: no answer within 30000 ms; not asked again in this check$/,
    );
  });
});

describe("twenty jobs", () => {
  it("wait once, not each, for a nucleus that never sends a component's details", async () => {
    const it = await scene({ onNucleus: (nucleus) => void nucleus.answerWith("GetComponentDetails", "nothing") });
    // Once for what the nucleus offers, once for all jobs.
    const begun = performance.now();
    const reports = await it.check("START");

    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(reports.map(({ component }) => component.deployedVersion)).toEqual(NAMES.map(() => "4.0.0"));
  });

  it("with one to be found by its component wait once for an archive that only lists them", async () => {
    const it = await scene({ configuration: { jobs: [{ project: JOB.project, component: MODEL.name }] } });
    await it.reports.next(({ trigger }) => trigger === "START");
    it.jobs.answer = (path) => (path.endsWith("modelpackagingjobs") ? listsAndAnswers(path) : "silent");

    it.nucleus.setConfiguration(NAME, { heartbeatHours: 12, deployedVersion: [`${MODEL.name}=4.0.1`] });
    const report = await it.reports.next(({ trigger }) => trigger === "CONFIG_CHANGE");

    // Known from the copies, all of them.
    expect(report.job.unavailable?.message).toMatch(/^None of the 20 jobs of project bottle-caps made .+ 4\.0\.1; the/);
    expect(report.job.unavailable?.message).not.toContain("could not be read");
  });
});

describe("sources of the deployed version", () => {
  it("report what they know despite one that never answers", async () => {
    const it = await startScene({
      configuration: { deployedVersion: ["component-details", "configuration"] },
      onNucleus: (nucleus) => void nucleus.answerWith("GetComponentDetails", "nothing"),
    });
    closers.push(it.close);

    const report = await it.reports.next(() => true);

    const about = report.findings.filter(({ rule }) => rule === "component.version" || rule === "component.deployed");
    expect(about.map(({ rule, outcome }) => [rule, outcome])).toEqual([["component.version", "UNKNOWN"]]);
    expect(about[0]?.because).toContain(`no answer to "read the details of "${MODEL.name}"" within 10000 ms`);
  });
});

describe("a token exchange service that never answers", () => {
  it("delays a check by 30 s at most, which then reports that it was too slow", async () => {
    let nucleus: Nucleus | null = null;
    const exchange = await startTokenExchange((token) => nucleus?.componentOfToken(token) ?? null);
    closers.push(exchange.close);
    exchange.mode = "silent";
    const service = await startApi(() => ({ status: 200, body: {} }));
    closers.push(service.close);
    const { reports, close } = await startScene({
      configuration: { source: { type: "api", endpoint: service.url } },
      nucleus: { credentialsUri: exchange.uri },
      onNucleus: (started) => {
        nucleus = started;
      },
    });
    closers.push(close);

    expect((await reports.next(() => true)).job.unavailable).toMatchObject({
      reason: expect.stringMatching(/^(TIMEOUT|DENIED)$/),
    });
  });
});
