import { describe, expect, it } from "vitest";
import { needsOf } from "../../src/drift/needs.js";
import { fitOf, jetpackStates, softwareOf } from "../../src/drift/software-fit.js";
import type { CompilerOptions } from "../../src/job/job.js";
import { cpuJob, gpuOptions, NONE, someFacts, someJob } from "./builders.js";

const needs = (options: Partial<CompilerOptions>) =>
  needsOf({ job: someJob({ compilerOptions: gpuOptions(options) }), model: null });
const software = (cuda: string | null, tensorrt: string | null) => ({
  cuda: cuda === null ? null : { version: cuda, installed: [] },
  tensorrt: tensorrt === null ? null : { version: tensorrt, installed: [] },
});
const WANTED = { cudaVer: "11.2", trtVer: "8.2.1" };

describe("fitOf", () => {
  it.each([
    ["both as wanted", software("11.2", "8.2.1"), { runs: true, warnings: 0, blockedBy: null }],
    ["another minor of one", software("11.2", "8.4.0"), { runs: true, warnings: 1, blockedBy: null }],
    ["another minor of both", software("11.4", "8.4.0"), { runs: true, warnings: 2, blockedBy: null }],
    ["another CUDA", software("10.2", "8.4.0"), { runs: false, warnings: 1, blockedBy: "needs CUDA 11.2" }],
    ["no TensorRT", software("11.2", null), { runs: false, warnings: 0, blockedBy: "needs TensorRT 8.2.1" }],
    ["neither", software(null, null), { runs: false, warnings: 0, blockedBy: "needs CUDA 11.2 and TensorRT 8.2.1" }],
  ])("judges %s", (_, found, fit) => {
    expect(fitOf(needs(WANTED), found)).toEqual(fit);
  });

  it("does not call a version tested that is only within the documented range", () => {
    expect(fitOf(needs({}), software("10.2", "7.2.3")).warnings).toBe(1);
  });

  it("blocks neither a job for the CPU nor one that does not say what it needs", () => {
    const fits = { runs: true, warnings: 0, blockedBy: null };
    const withOptions = cpuJob({ ...gpuOptions(), mcpu: "core-avx2" });
    expect(fitOf(needsOf({ job: withOptions, model: null }), software(null, null))).toEqual(fits);
    expect(fitOf(needs({ cudaVer: null, trtVer: null }), software(null, null))).toEqual(fits);
  });
});

describe("jetpackStates", () => {
  const releases = (soc: string, l4t: string | null) => jetpackStates(soc, l4t).map(({ jetpack }) => jetpack);

  it("offers of releases with the same software the first, and the tested one with the untested", () => {
    expect(releases("tegra194", null)).toEqual([
      ...["4.0", "4.2", "4.2.1", "4.3", "4.4", "4.6", "4.6.1", "4.6.2", "5.0.2", "5.1"],
    ]);
  });

  it("offers the nearest to the installed release first", () => {
    expect(releases("tegra194", "32.5.1").slice(0, 3)).toEqual(["4.5.1", "4.6", "4.6.1"]);
    expect(releases("tegra234", "36.4.4")[0]).toBe("6.2.1");
  });

  it("leaves out previews, releases of other chips, and those whose software or name no table has", () => {
    const all = releases("tegra234", null);
    expect(all).toContain("7.2");
    expect(all).not.toContain("7.2 EA");
    expect(all).not.toContain("6.0 DP");
    expect(all).not.toContain("7.0");
    expect(releases("tegra186", null)).not.toContain("3.2.1");
    expect(releases("tegra186", null)).toContain("3.2");
    expect(releases("tegra999", null)).toEqual([]);
  });

  it("brings the release's libraries, as the loader would give them", () => {
    expect(jetpackStates("tegra264", null)[0]).toMatchObject({
      jetpack: "7.0",
      cuda: { version: "13.0.48", installed: [] },
      tensorrt: { version: "10.13.3.9", installed: [] },
    });
  });
});

describe("softwareOf", () => {
  it("has no library when no library is installed", () => {
    expect(softwareOf(someFacts({ cuda: NONE }))).toMatchObject({ cuda: null, tensorrt: { version: "7.1.3" } });
  });
});
