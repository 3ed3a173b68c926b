import { afterEach, describe, expect, it } from "vitest";
import { MODEL, NAME, type SceneOptions } from "./flow-parts.js";
import { NAMES, twentyJobs } from "./twenty-jobs.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function scene(options: SceneOptions = {}) {
  const started = await twentyJobs(options);
  closers.push(started.close);
  return started;
}

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
});
