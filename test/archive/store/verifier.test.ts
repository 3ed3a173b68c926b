import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { brokenConstraints } from "../../../src/archive/api/constraints.js";
import { contradictions } from "../../../src/archive/store/consistency.js";
import { digestOf, type KeptJob, type Note } from "../../../src/archive/store/kept.js";
import { verifier } from "../../../src/archive/store/verifier.js";
import type { GreengrassConfiguration, ModelPackagingDescription } from "../../../src/job/wire.js";
import { labJobs } from "../serving.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const configured = (Greengrass: GreengrassConfiguration): ModelPackagingDescription => ({
  ModelPackagingConfiguration: { Greengrass },
});

describe("brokenConstraints", () => {
  it("finds none in the sample jobs", () => {
    expect(labJobs().flatMap(brokenConstraints)).toEqual([]);
  });

  it.each<[ModelPackagingDescription, string, string]>([
    [{ JobName: "a_b" }, "JobName", '"a_b"'],
    [{ JobName: "" }, "JobName", "0 characters"],
    [{ ProjectName: "p".repeat(256) }, "ProjectName", "256 characters"],
    [{ ModelVersion: "0" }, "ModelVersion", '"0"'],
    [{ ModelPackagingJobDescription: "a\nb" }, "ModelPackagingJobDescription", '"a\\u000ab"'],
    [{ ModelPackagingMethod: "m".repeat(33) }, "ModelPackagingMethod", "33 characters"],
    [{ Status: "DONE" }, "Status", '"DONE"'],
    [configured({ CompilerOptions: "{}" }), "ModelPackagingConfiguration.Greengrass.CompilerOptions", "2 characters"],
    [
      configured({ TargetDevice: "jetson_nano" }),
      "ModelPackagingConfiguration.Greengrass.TargetDevice",
      '"jetson_nano"',
    ],
    [
      configured({ TargetPlatform: { Arch: "ARM_64" } }),
      "ModelPackagingConfiguration.Greengrass.TargetPlatform.Arch",
      '"ARM_64"',
    ],
    [
      configured({ S3OutputLocation: { Bucket: "ab" } }),
      "ModelPackagingConfiguration.Greengrass.S3OutputLocation.Bucket",
      "2 characters",
    ],
    [
      configured({ S3OutputLocation: { Prefix: "/a" } }),
      "ModelPackagingConfiguration.Greengrass.S3OutputLocation.Prefix",
      '"/a"',
    ],
    [configured({ ComponentName: "a b" }), "ModelPackagingConfiguration.Greengrass.ComponentName", '"a b"'],
    [
      configured({ ComponentVersion: "1.0.0-rc" }),
      "ModelPackagingConfiguration.Greengrass.ComponentVersion",
      '"1.0.0-rc"',
    ],
    [
      configured({ Tags: [{ Key: "a" }, { Value: "b" }] }),
      "ModelPackagingConfiguration.Greengrass.Tags[1].Key",
      "0 characters",
    ],
    [
      configured({ Tags: [{ Key: "a", Value: "<b>" }] }),
      "ModelPackagingConfiguration.Greengrass.Tags[0].Value",
      '"<b>"',
    ],
    [configured({ Tags: Array(201).fill({ Key: "a" }) }), "ModelPackagingConfiguration.Greengrass.Tags", "201 tags"],
    [
      { ModelPackagingOutputDetails: { Greengrass: { ComponentVersion: "1" } } },
      "ModelPackagingOutputDetails.Greengrass.ComponentVersion",
      '"1"',
    ],
  ])("finds what breaks one: %j", (description, path, found) => {
    expect(brokenConstraints(description)).toEqual([{ path, found, needed: expect.any(String) }]);
  });
});

describe("contradictions", () => {
  const NVIDIA = { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" };
  const OPTIONS = '{"gpu-code":"sm_75","trt-ver":"7.1.3","cuda-ver":"10.2"}';

  it("finds none in the sample jobs", () => {
    expect(labJobs().flatMap(contradictions)).toEqual([]);
  });

  it.each<[ModelPackagingDescription, string]>([
    [
      configured({ TargetDevice: "jetson_xavier", TargetPlatform: { Os: "LINUX", Arch: "ARM64" } }),
      "TargetDevice and TargetPlatform are both given: must be one",
    ],
    [
      configured({ ComponentName: "a" }),
      "neither TargetDevice nor TargetPlatform is given: what the model was made for cannot be told",
    ],
    [
      configured({ TargetPlatform: NVIDIA, CompilerOptions: '{"gpu-code":"sm_75"}' }),
      "an NVIDIA target needs trt-ver, cuda-ver in CompilerOptions",
    ],
    [
      configured({ TargetPlatform: NVIDIA, CompilerOptions: OPTIONS.replace("75", "72") }),
      "gpu-code sm_72 is that of a Jetson module, Arch is X86_64",
    ],
    [
      configured({ TargetDevice: "jetson_xavier", CompilerOptions: '{"gpu-code":"sm_53"}' }),
      "gpu-code sm_53 is not that of jetson_xavier (sm_72)",
    ],
    [
      configured({ TargetPlatform: { Os: "LINUX", Arch: "X86_64" }, CompilerOptions: '{"gpu-code":"sm_75"}' }),
      "gpu-code sm_75 is given, but no Accelerator: a model for the CPU",
    ],
    [
      configured({ TargetDevice: "jetson_xavier", CompilerOptions: '{"gpu-code"' }),
      expect.stringMatching(/^CompilerOptions: cannot be read/) as unknown as string,
    ],
    [{ Status: "SUCCEEDED" }, "Status is SUCCEEDED without output details"],
    [
      { Status: "RUNNING" },
      "Status is RUNNING: the service has ended, so the job never finished or this was saved too early",
    ],
    [{ CreationTimestamp: 2, LastUpdatedTimestamp: 1 }, "LastUpdatedTimestamp is before CreationTimestamp"],
    [
      {
        ...configured({ TargetDevice: "jetson_xavier", ComponentName: "a" }),
        ModelPackagingOutputDetails: { Greengrass: { ComponentName: "b" } },
      },
      "the component is a in the configuration and b in the output",
    ],
    [
      {
        ...configured({ TargetDevice: "jetson_xavier", ComponentVersion: "1.0.0" }),
        ModelPackagingOutputDetails: { Greengrass: { ComponentVersion: "1.0.1" } },
      },
      "the component's version is 1.0.0 in the configuration and 1.0.1 in the output",
    ],
  ])("finds one in %j", (description, sentence) => {
    expect(contradictions(description)).toEqual([sentence]);
  });

  it("takes leading zeros of a version for nothing", () => {
    const description = {
      ...configured({ TargetDevice: "jetson_xavier", ComponentVersion: "01.0.00" }),
      ModelPackagingOutputDetails: { Greengrass: { ComponentVersion: "1.0.0" } },
    };

    expect(contradictions(description)).toEqual([]);
  });
});

describe("verifier", () => {
  const [GOOD = {}] = labJobs();
  const REF = { project: GOOD.ProjectName ?? "", job: GOOD.JobName ?? "" };
  const note = (more: Partial<Note> = {}): Note => ({
    schema: "packdrift.archived-job/1",
    origin: "DESCRIBE",
    reconstructed: false,
    from: "f",
    guessed: [],
    digest: digestOf(GOOD, sha256),
    ...more,
  });
  const job = (more: Partial<KeptJob> = {}): KeptJob => ({ description: GOOD, note: note(), changes: [], ...more });

  it("finds nothing in a job as it was imported", () => {
    expect(verifier(sha256).verify(REF, job())).toEqual([]);
  });

  it("finds a job that was changed since, that has no note, and that was reconstructed", () => {
    const { verify } = verifier(sha256);
    const changed = { ...GOOD, StatusMessage: "Changed" };

    expect(verify(REF, job({ description: changed }))).toMatchObject([{ ...REF, kind: "ALTERED" }]);
    expect(verifier(sha256).verify(REF, job({ note: null }))).toMatchObject([{ ...REF, kind: "NOTE" }]);
    expect(
      verifier(sha256).verify(REF, job({ note: note({ reconstructed: true, origin: "NEO", guessed: ["a", "b"] }) })),
    ).toEqual([{ ...REF, kind: "NOTE", message: "reconstructed (neo): a; b" }]);
  });

  it("finds a component version that two jobs made", () => {
    const { verify } = verifier(sha256);
    verify(REF, job());

    expect(verify({ project: "other", job: "job" }, job())).toMatchObject([
      {
        project: "other",
        job: "job",
        kind: "INCONSISTENT",
        message: expect.stringContaining(`as ${REF.project}/${REF.job} does`),
      },
    ]);
  });
});
