import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import { SOURCES } from "../../../src/drift/sources.js";
import type { PackagingJob } from "../../../src/job/job.js";
import {
  answers,
  armJob,
  cpuJob,
  findingsOf,
  gpuOptions,
  NO_OPTIONS,
  someInput,
  someJob,
  someOptions,
  someOrigin,
  xavierJob,
} from "../builders.js";

const beside = { targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: null } };
const versioned = (configured: string, output: string) =>
  someJob({
    configured: { name: "bottle-model", version: configured },
    output: { name: "bottle-model", version: output, arn: null },
  });

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

describe("what job.status says", () => {
  it.each([
    ["SUCCEEDED", "Done", "The packaging job succeeded, so its package exists"],
    ["FAILED", null, "The packaging job failed, so there is no package to run"],
    ["RUNNING", null, "had not ended when it was described (RUNNING)"],
    ["CREATED", null, "had not ended when it was described (CREATED)"],
    ["ARCHIVED", null, 'The status "ARCHIVED" is not one of the service\'s API'],
    [null, null, "does not say whether the packaging job succeeded"],
  ])("states the reason for %s", (status, statusMessage, because) => {
    const [finding] = findingsOf("job.status", { job: someJob({ status, statusMessage }) });
    expect(finding?.because).toContain(because);
    expect(finding).toMatchObject({
      expected: "SUCCEEDED",
      actual: status,
      evidence: [
        { from: "job Status", value: status ?? "none" },
        { from: "rule", value: SOURCES.status },
      ],
    });
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
    ["an output without name and version", someJob({ output: { name: null, version: null, arn: null } })],
    ["a configuration without a name", someJob({ configured: { name: null, version: "1.0.0" } })],
    ["equal versions of an unknown form", versioned("1.0.0-a", "1.0.0-a")],
    ["a CPU job beside a target device", xavierJob({ ...beside, compilerOptions: NO_OPTIONS, targetDevice: null })],
    ["ARM with a Jetson's code", armJob()],
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
    ["versions of an unknown form that differ", versioned("1.0.0-a", "1.0.0-b"), ["DRIFT WARNING ComponentVersion"]],
    ["a version of an unknown form beside one", versioned("1.0.0", "1.0.0-b"), ["DRIFT WARNING ComponentVersion"]],
    ["a version beside one of an unknown form", versioned("1.0.0-b", "1.0.0"), ["DRIFT WARNING ComponentVersion"]],
    ["a version with fewer parts", versioned("1.0.0", "1.0"), ["DRIFT WARNING ComponentVersion"]],
    ["GPU code of a CPU job", cpuJob(someOptions({ gpuCode: "sm_75" })), ["DRIFT WARNING CompilerOptions"]],
    ["TensorRT of a CPU job", cpuJob(someOptions({ trtVer: "7.1.3" })), ["DRIFT WARNING CompilerOptions"]],
    [
      "a device beside a platform without accelerator, as that alone",
      xavierJob({ ...beside, compilerOptions: gpuOptions({ gpuCode: "sm_72" }) }),
      ["DRIFT ERROR TargetPlatform"],
    ],
    [
      "a value that the API does not know",
      someJob({ problems: [{ path: "a.b.Status", found: "7", needed: "text" }] }),
      ["DRIFT WARNING Status"],
    ],
  ])("reports %s", (_, job, found) => {
    expect(consistent(job)).toEqual(found);
  });

  it("shows what the job says and what it ought to say", () => {
    const [none] = findingsOf("job.consistent", { job: someJob({ targetPlatform: null }) });
    expect(none).toMatchObject({ expected: "a target device or a target platform", actual: null });
    expect(none?.evidence).toEqual([{ from: "rule", value: SOURCES.api }]);
    const [name] = findingsOf("job.consistent", { job: someJob({ configured: { name: "other", version: null } }) });
    expect(name).toMatchObject({ expected: "other", actual: "bottle-model" });
    expect(name?.evidence).toEqual([
      { from: "job", value: "bottle-model" },
      { from: "rule", value: SOURCES.api },
    ]);
    const [clean] = findingsOf("job.consistent", {});
    expect(clean).toMatchObject({ expected: null, actual: null, evidence: [{ from: "rule", value: SOURCES.api }] });
  });

  it("reports every contradiction and compares all the same", () => {
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

  it.each([
    ["of unknown age", "not a date"],
    ["of unknown age", "2026-11-24T12:00:00.000Z"],
    ["0 days old", "2026-11-23T12:00:00.000Z"],
    ["1 day old", "2026-11-22T12:00:00.000Z"],
    ["1 day old", "2026-11-21T12:00:00.001Z"],
    ["2 days old", "2026-11-21T12:00:00.000Z"],
  ])("calls a copy %s that was fetched at %s", (age, fetchedAt) => {
    const origin = someOrigin({ fetchedAt, stale: { reason: "GONE", message: "x" } });
    expect(findingsOf("job.source-age", { origin })[0]).toMatchObject({
      expected: "a fresh answer",
      actual: `a copy of ${fetchedAt}`,
      because: `The source did not answer (GONE), so the last good copy is used, which is ${age}`,
      evidence: [
        { from: "api https://example", value: `fetched at ${fetchedAt}` },
        { from: "rule", value: SOURCES.age },
      ],
    });
  });

  it("says how old a copy may be, and where a fresh answer came from", () => {
    const origin = someOrigin({ fetchedAt: "2026-11-01T12:00:00.000Z", stale: { reason: "DENIED", message: "x" } });
    expect(findingsOf("job.source-age", { origin, maxCopyAgeDays: 10 })[0]?.because).toMatch(
      /which is 22 days old; at most 10 days are allowed$/,
    );
    expect(findingsOf("job.source-age", {})[0]).toMatchObject({
      actual: "a fresh answer",
      because: "The description was read from api https://example",
    });
  });

  it("matches a fresh answer and does not apply where the origin does not matter", () => {
    expect(answers("job.source-age", {})).toEqual(["MATCH INFO"]);
    expect(answers("job.source-age", { origin: null })).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("never decides: an old copy of an ended service is in sync", () => {
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
