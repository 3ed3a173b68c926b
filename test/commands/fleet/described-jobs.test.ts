import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../../../src/base/errors.js";
import { describedJobs } from "../../../src/commands/fleet/described-jobs.js";
import { fakeLog } from "../../agent/fake-clock.js";

const SAMPLE = join(import.meta.dirname, "../../../src/lab/jobs/x86-t4.json");

describe("describedJobs", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-jobs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("reads the jobs of a folder and of the folders in it, and sees what is added, changed and removed", async () => {
    const log = fakeLog();
    mkdirSync(join(folder, "surface-scratch"));
    copyFileSync(SAMPLE, join(folder, "surface-scratch", "t4.json"));
    writeFileSync(join(folder, "notes.txt"), "not a job");
    writeFileSync(join(folder, "broken.json"), "{");
    const jobs = await describedJobs(folder, log);
    expect(jobs.all()).toMatchObject([{ project: "surface-scratch", job: "surface-scratch-t4" }]);
    expect(log.lines).toMatchObject([["jobs.skipped", { file: join(folder, "broken.json") }]]);

    copyFileSync(join(SAMPLE, "../x86-a10g.json"), join(folder, "broken.json"));
    await jobs.refresh();
    expect(jobs.all().map(({ job }) => job)).toEqual(["surface-scratch-a10g", "surface-scratch-t4"]);

    rmSync(join(folder, "surface-scratch"), { recursive: true });
    await jobs.refresh();
    expect(jobs.all().map(({ job }) => job)).toEqual(["surface-scratch-a10g"]);
    expect(log.lines).toHaveLength(1);
  });

  it("follows links, and continues when its folder is gone, which it logs once", async () => {
    const log = fakeLog();
    symlinkSync(SAMPLE, join(folder, "linked.json"));
    symlinkSync(join(folder, "gone"), join(folder, "link"));
    const jobs = await describedJobs(folder, log);
    expect(jobs.all().map(({ job }) => job)).toEqual(["surface-scratch-t4"]);
    expect(log.lines).toEqual([]);

    rmSync(folder, { recursive: true });
    await jobs.refresh();
    await jobs.refresh();
    expect(jobs.all()).toEqual([]);
    expect(log.lines).toMatchObject([["jobs.skipped", { file: folder }]]);
  });

  it("refuses a folder that is not there", async () => {
    await expect(describedJobs(join(folder, "missing"), fakeLog())).rejects.toThrow(UsageError);
  });
});
