import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/drift/finding.js";
import { SOURCES } from "../../../src/drift/sources.js";
import type { PackagingJob } from "../../../src/job/job.js";
import { cpuJob, findingsOf, gpuOptions, someJob, someOptions, xavierJob } from "../builders.js";

const on = (job: PackagingJob) => findingsOf("compiler.options", { job })[0] as Finding;
const withOptions = (...[changes]: Parameters<typeof gpuOptions>) => someJob({ compilerOptions: gpuOptions(changes) });

describe("what compiler.options says", () => {
  it("expects the three options of a platform job for the GPU alone", () => {
    const expected = "gpu-code, trt-ver and cuda-ver";
    expect(on(someJob()).expected).toBe(expected);
    expect([on(cpuJob()).expected, on(xavierJob({ compilerOptions: gpuOptions() })).expected]).toEqual([null, null]);
    const targetPlatform = { os: "LINUX", arch: "X86_64", accelerator: "TPU" };
    expect(on(someJob({ targetPlatform, compilerOptions: someOptions() })).outcome).toBe("MATCH");
  });

  it("shows the options on one line, and says when there are none", () => {
    expect(on(withOptions({ text: "{\n\t'a':\u20281}" }))).toMatchObject({
      actual: "{ 'a': 1}",
      evidence: [
        { from: "job CompilerOptions", value: "{ 'a': 1}" },
        { from: "rule", value: SOURCES.settings },
      ],
    });
    expect(on(cpuJob(someOptions({ form: "none", text: null }))).because).toBe(
      "A CPU job may leave the compiler options out",
    );
    expect(on(xavierJob()).because).toBe("The target device stands for the compiler options");
    expect(on(someJob({ compilerOptions: someOptions({ form: "none", text: null }) })).actual).toBe("none");
  });

  it.each([
    ["{}", withOptions({}), "The compiler options were read"],
    ["a broken text", withOptions({ form: "unparseable" }), "could not be read: they are not JSON"],
    ["a broken text", withOptions({ form: "unparseable", problems: ["it ends"] }), "could not be read: it ends"],
    ["wrong members", withOptions({ problems: ["a", "b"] }), "read only in part: a; b"],
    ["two options missing", withOptions({ trtVer: null, cudaVer: null }), "lacks trt-ver and cuda-ver, so"],
    ["one option missing", withOptions({ gpuCode: "" }), "lacks gpu-code, so"],
    [
      "options beside a device",
      xavierJob({ compilerOptions: gpuOptions({ gpuCode: null }) }),
      "The compiler options were read; they stand beside a target device, as in jobs of the preview, and count",
    ],
    [
      "options that are not compared",
      withOptions({ other: { "a\nb": "1", c: "2" } }),
      "The compiler options were read; not compared: a b, c",
    ],
  ])("explains %s", (_, job, because) => {
    expect(on(job).because).toContain(because);
    if (because.startsWith("The compiler")) expect(on(job).because).toBe(because);
  });
});
