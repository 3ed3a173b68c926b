import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import type { PackagingJob } from "../../../src/job/job.js";
import {
  answers,
  armJob,
  cpuJob,
  findingsOf,
  gpuOptions,
  someInput,
  someJob,
  someOptions,
  someOrigin,
  xavierJob,
} from "../builders.js";

describe("job.status", () => {
  it.each([
    ["MATCH INFO", "SUCCEEDED"],
    ["DRIFT BLOCKING", "FAILED"],
    ["DRIFT ERROR", "CREATED"],
    ["DRIFT ERROR", "RUNNING"],
    ["UNKNOWN WARNING", "ARCHIVED"],
    ["UNKNOWN WARNING", null],
  ])("answers %s for %s", (answer, status) => {
    expect(answers("job.status", { job: someJob({ status }) })).toEqual([answer]);
  });

  it("passes on why a job failed", () => {
    const job = someJob({ status: "FAILED", statusMessage: "Bucket gone" });
    expect(findingsOf("job.status", { job })[0]?.because).toBe(
      "The packaging job failed, so there is no package to run: Bucket gone",
    );
  });
});

describe("job.consistent", () => {
  const consistent = (job: PackagingJob) =>
    findingsOf("job.consistent", { job }).map(
      ({ outcome, severity, path }) => `${outcome} ${severity} ${path.split(".").slice(2).join(".")}`,
    );

  it.each([
    ["a platform job", someJob()],
    ["a device job", xavierJob()],
    ["a CPU job", cpuJob()],
    ["a job of the preview", xavierJob({ compilerOptions: gpuOptions({ gpuCode: "sm_72" }) })],
    ["a desktop GPU on ARM", armJob({ gpuCode: "sm_75" })],
    ["versions that differ in leading zeros", someJob({ configured: { name: "bottle-model", version: "01.00.0" } })],
    ["a configuration without a version", someJob({ configured: { name: "bottle-model", version: null } })],
    ["a job without output", someJob({ output: null })],
  ])("matches %s", (_, job) => {
    expect(answers("job.consistent", { job })).toEqual(["MATCH INFO"]);
  });

  it.each([
    [
      "device and platform both given",
      someJob({
        targetDevice: "jetson_xavier",
        compilerOptions: gpuOptions({ gpuCode: "sm_72" }),
        targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" },
      }),
      ["DRIFT ERROR TargetPlatform"],
    ],
    ["neither given", someJob({ targetPlatform: null }), ["UNKNOWN WARNING "]],
    [
      "x86 with a Jetson's code",
      someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_72" }) }),
      ["DRIFT ERROR CompilerOptions.gpu-code"],
    ],
    [
      "x86 with Thor's code by its old name",
      someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_101" }) }),
      ["DRIFT ERROR CompilerOptions.gpu-code"],
    ],
    [
      "jetson_xavier with another code",
      xavierJob({ compilerOptions: gpuOptions({ gpuCode: "sm_62" }) }),
      ["DRIFT ERROR CompilerOptions.gpu-code"],
    ],
    ["GPU options of a CPU job", cpuJob(someOptions({ cudaVer: "10.2" })), ["DRIFT WARNING CompilerOptions"]],
    [
      "an output of another name",
      someJob({ configured: { name: "other", version: null } }),
      ["DRIFT WARNING ComponentName"],
    ],
    [
      "an output of another version",
      someJob({ configured: { name: null, version: "1.0.1" } }),
      ["DRIFT WARNING ComponentVersion"],
    ],
    [
      "a value that the API does not know",
      someJob({ problems: [{ path: "a.b.Status", found: "7", needed: "text" }] }),
      ["DRIFT WARNING Status"],
    ],
  ])("tells %s", (_, job, found) => {
    expect(consistent(job)).toEqual(found);
  });

  it("tells every contradiction and compares all the same", () => {
    const job = xavierJob({
      targetPlatform: { os: "LINUX", arch: "X86_64", accelerator: "NVIDIA" },
      compilerOptions: gpuOptions({ gpuCode: "sm_87" }),
    });
    expect(consistent(job)).toEqual([
      "DRIFT ERROR TargetPlatform",
      "DRIFT ERROR CompilerOptions.gpu-code",
      "DRIFT ERROR CompilerOptions.gpu-code",
    ]);
    expect(compare(someInput({ job })).runnable).toBe("WILL_NOT_RUN");
  });
});

describe("job.source-age", () => {
  const stale = (reason: string, fetchedAt: string, maxCopyAgeDays?: number) =>
    answers("job.source-age", {
      origin: someOrigin({ fetchedAt, stale: { reason, message: "no answer" } }),
      ...(maxCopyAgeDays === undefined ? {} : { maxCopyAgeDays }),
    })[0];

  it.each([
    ["UNKNOWN INFO", "UNREACHABLE", "2026-11-13T12:00:00.000Z", undefined],
    ["UNKNOWN INFO", "UNREACHABLE", "2026-11-13T12:00:00.000Z", 10],
    ["UNKNOWN WARNING", "UNREACHABLE", "2026-11-12T12:00:00.000Z", 10],
    ["UNKNOWN INFO", "GONE", "2022-01-01T00:00:00.000Z", 10],
    ["UNKNOWN WARNING", "UNREACHABLE", "not a date", 10],
    ["UNKNOWN INFO", "UNREACHABLE", "not a date", undefined],
  ])("answers %s for a copy after %s from %s with at most %s days", (answer, reason, fetchedAt, limit) => {
    expect(stale(reason, fetchedAt, limit)).toBe(answer);
  });

  it("matches a fresh answer and does not apply where the origin does not matter", () => {
    expect(answers("job.source-age", {})).toEqual(["MATCH INFO"]);
    expect(answers("job.source-age", { origin: null })).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("never decides: an old copy of a service that is gone is in sync", () => {
    const origin = someOrigin({ fetchedAt: "2020-01-01T00:00:00Z", stale: { reason: "THROTTLED", message: "x" } });
    const { drift, runnable } = compare(someInput({ origin, maxCopyAgeDays: 1 }));
    expect([drift, runnable]).toEqual(["IN_SYNC", "RUNNABLE"]);
  });

  it("keeps its fingerprint while the same copy ages", () => {
    const origin = someOrigin({ stale: { reason: "GONE", message: "x" } });
    const prints = ["2026-12-01T00:00:00Z", "2027-12-01T00:00:00Z"].map(
      (now) => findingsOf("job.source-age", { origin, now })[0]?.fingerprint,
    );
    expect(prints[0]).toBe(prints[1]);
  });
});

describe("compiler.options", () => {
  it.each([
    ["MATCH INFO", "complete options", someJob()],
    ["NOT_APPLICABLE INFO", "a device job without options", xavierJob()],
    ["NOT_APPLICABLE INFO", "a CPU job without options", cpuJob(someOptions({ form: "none", text: null }))],
    [
      "DRIFT ERROR",
      "an NVIDIA job without options",
      someJob({ compilerOptions: someOptions({ form: "none", text: null }) }),
    ],
    ["DRIFT ERROR", "an NVIDIA job without gpu-code", someJob({ compilerOptions: gpuOptions({ gpuCode: null }) })],
    ["DRIFT ERROR", "an NVIDIA job without trt-ver", someJob({ compilerOptions: gpuOptions({ trtVer: null }) })],
    ["DRIFT ERROR", "an NVIDIA job without cuda-ver", someJob({ compilerOptions: gpuOptions({ cudaVer: null }) })],
    [
      "UNKNOWN WARNING",
      "options that could not be read",
      someJob({ compilerOptions: someOptions({ form: "unparseable", problems: ["no JSON"] }) }),
    ],
    [
      "UNKNOWN WARNING",
      "options that could be read in part",
      someJob({ compilerOptions: gpuOptions({ gpuCode: null, problems: ["gpu-code is no text"] }) }),
    ],
  ])("answers %s for %s", (answer, _, job) => {
    expect(answers("compiler.options", { job })).toEqual([answer]);
  });

  it("mentions what it tolerated and what is not compared", () => {
    const compilerOptions = gpuOptions({
      form: "tolerated",
      other: { "jetson-platform": "xavier", "precision-mode": "fp16" },
    });
    expect(findingsOf("compiler.options", { job: someJob({ compilerOptions }) })[0]).toMatchObject({
      outcome: "MATCH",
      severity: "INFO",
      because:
        "The compiler options were read; they are not valid JSON but could be read; not compared: jetson-platform, precision-mode",
    });
  });

  it("leaves the verdict open when the job does not say what it needs", () => {
    const { drift, runnable } = compare(
      someInput({ job: someJob({ compilerOptions: gpuOptions({ gpuCode: null }) }) }),
    );
    expect([drift, runnable]).toEqual(["DRIFTED", "CANNOT_TELL"]);
  });
});
