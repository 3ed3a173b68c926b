import { afterEach, describe, expect, it } from "vitest";
import { type SampleArchive, startSampleArchive } from "../../src/lab/sample-archive.js";
import { lookoutVisionJobs } from "../../src/sources/api.js";

let archive: SampleArchive | null = null;
afterEach(async () => {
  await archive?.close();
  archive = null;
});

const job = (name: string, status = "SUCCEEDED") => ({
  ModelPackagingDescription: { ProjectName: "bolts", JobName: name, Status: status },
});
const jobs = async (answers: readonly unknown[]) => {
  archive = await startSampleArchive(answers);
  const settings = { region: "eu-west-1", endpoint: archive.endpoint, timeoutMs: 10_000, signing: "never" as const };
  return lookoutVisionJobs(settings, Date.now);
};

describe("list of lookoutVisionJobs", () => {
  it("returns all pages of a project's jobs, but not those that have failed", async () => {
    const names = Array.from({ length: 230 }, (_, i) => `job-${String(i).padStart(3, "0")}`);
    const source = await jobs([...names.map((name) => job(name)), job("zz-failed", "FAILED")]);

    expect(await source.list?.("bolts")).toEqual(names);
  });

  it("says which permission is missing, and for what", async () => {
    const { startFaulty } = await import("./refusing-server.js");
    const server = await startFaulty(403, { __type: "AccessDeniedException", Message: "no" });
    const settings = { region: "eu-west-1", endpoint: server.url, timeoutMs: 10_000, signing: "never" as const };

    await expect(lookoutVisionJobs(settings, Date.now).list?.("bolts")).rejects.toMatchObject({
      reason: "DENIED",
      message: expect.stringMatching(
        /^Cannot get the jobs of project "bolts" from archive .*needs "lookoutvision:ListModelPackagingJobs" on Resource/,
      ),
    });
    await server.close();
  });

  it("says that there is no such project", async () => {
    const source = await jobs([job("a")]);

    await expect(source.list?.("nuts")).rejects.toMatchObject({ reason: "NOT_FOUND" });
  });
});
