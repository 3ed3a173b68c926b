import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { brokenConstraints } from "../../../src/archive/api/constraints.js";
import { contradictions, omissions } from "../../../src/archive/store/consistency.js";
import { digestOf, type Note, type StoredJob } from "../../../src/archive/store/stored-job.js";
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
  ])("finds the broken constraint in %j", (description, path, found) => {
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
      "has both TargetDevice and TargetPlatform: must have one of them",
    ],
    [
      configured({ TargetPlatform: NVIDIA, CompilerOptions: OPTIONS.replace("75", "72") }),
      "gpu-code sm_72 belongs to a Jetson module, but Arch is X86_64",
    ],
    [
      configured({ TargetDevice: "jetson_xavier", CompilerOptions: '{"gpu-code":"sm_53"}' }),
      "gpu-code is sm_53, but jetson_xavier has sm_72",
    ],
    [
      configured({ TargetPlatform: { Os: "LINUX", Arch: "X86_64" }, CompilerOptions: '{"gpu-code":"sm_75"}' }),
      "gpu-code is sm_75, but without Accelerator the model is for the CPU",
    ],
    [
      configured({ TargetDevice: "jetson_xavier", CompilerOptions: '{"gpu-code"' }),
      expect.stringMatching(/^CompilerOptions: cannot be read/) as unknown as string,
    ],
    [{ CreationTimestamp: 2, LastUpdatedTimestamp: 1 }, "LastUpdatedTimestamp is before CreationTimestamp"],
    [
      {
        ...configured({ TargetDevice: "jetson_xavier", ComponentName: "a" }),
        ModelPackagingOutputDetails: { Greengrass: { ComponentName: "b" } },
      },
      "the component is a in the configuration, but b in the output",
    ],
    [
      {
        ...configured({ TargetDevice: "jetson_xavier", ComponentVersion: "1.0.0" }),
        ModelPackagingOutputDetails: { Greengrass: { ComponentVersion: "1.0.1" } },
      },
      "the component's version is 1.0.0 in the configuration, but 1.0.1 in the output",
    ],
  ])("finds a contradiction in %j", (description, sentence) => {
    expect(contradictions(description)).toEqual([sentence]);
  });

  it("ignores leading zeros in a version", () => {
    const description = {
      ...configured({ TargetDevice: "jetson_xavier", ComponentVersion: "01.0.00" }),
      ModelPackagingOutputDetails: { Greengrass: { ComponentVersion: "1.0.0" } },
    };

    expect(contradictions(description)).toEqual([]);
  });
});

describe("omissions", () => {
  it("finds none in the sample jobs", () => {
    expect(labJobs().flatMap(omissions)).toEqual([]);
  });

  it.each<[ModelPackagingDescription, string]>([
    [configured({ ComponentName: "a" }), "has neither TargetDevice nor TargetPlatform: the model's target is unknown"],
    [
      configured({
        TargetPlatform: { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" },
        CompilerOptions: '{"gpu-code":"sm_75"}',
      }),
      "an NVIDIA target needs trt-ver, cuda-ver in CompilerOptions",
    ],
    [{ Status: "SUCCEEDED" }, "Status is SUCCEEDED, but there are no output details"],
    [
      { Status: "RUNNING" },
      "Status is RUNNING: the service has ended, so the job never finished or was saved too early",
    ],
  ])("finds what is missing in %j", (description, sentence) => {
    expect(omissions(description)).toEqual([sentence]);
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
  const job = (more: Partial<StoredJob> = {}): StoredJob => ({ description: GOOD, note: note(), changes: [], ...more });

  it("finds nothing in an imported job", () => {
    expect(verifier(sha256).verify(REF, job())).toEqual([]);
  });

  it("finds a job that was changed since, has no note, or was reconstructed", () => {
    const { verify } = verifier(sha256);
    const changed = { ...GOOD, StatusMessage: "Changed" };

    expect(verify(REF, job({ description: changed }))).toMatchObject([{ ...REF, kind: "ALTERED" }]);
    expect(verifier(sha256).verify(REF, job({ note: null }))).toMatchObject([{ ...REF, kind: "NOTE" }]);
    expect(
      verifier(sha256).verify(REF, job({ note: note({ reconstructed: true, origin: "NEO", guessed: ["a", "b"] }) })),
    ).toEqual([{ ...REF, kind: "NOTE", message: "reconstructed (neo): a; b" }]);
  });

  it("counts what the import noted as no fault, and anything wrong since as one", () => {
    const { ModelPackagingOutputDetails: _, ...unfinished } = GOOD;
    const odd = (guessed: readonly string[]) =>
      job({ description: unfinished, note: note({ digest: digestOf(unfinished, sha256), guessed }) });
    const missing = "Status is SUCCEEDED, but there are no output details";

    expect(verifier(sha256).verify(REF, odd([]))).toEqual([{ ...REF, kind: "INCONSISTENT", message: missing }]);
    expect(verifier(sha256).verify(REF, odd([missing]))).toEqual([
      { ...REF, kind: "NOTE", message: `${missing} (so it was imported)` },
    ]);
  });

  it("finds nothing missing in a reconstruction, which cannot know more", () => {
    const { ModelPackagingOutputDetails: _, ...unfinished } = GOOD;
    const rebuilt = note({ digest: digestOf(unfinished, sha256), reconstructed: true, origin: "NEO" });

    const found = verifier(sha256).verify(REF, job({ description: unfinished, note: rebuilt }));

    expect(found.map(({ kind }) => kind)).toEqual(["NOTE"]);
  });

  it("notes a component that a reconstruction describes too", () => {
    const { verify } = verifier(sha256);
    verify(REF, job());

    expect(
      verify({ project: "other", job: "job" }, job({ note: note({ reconstructed: true, origin: "RECIPE" }) })),
    ).toMatchObject([
      { kind: "NOTE", message: expect.stringContaining("describes the same component") },
      { kind: "NOTE" },
    ]);
  });

  it("finds a component version that two jobs made", () => {
    const { verify } = verifier(sha256);
    verify(REF, job());

    expect(verify({ project: "other", job: "job" }, job())).toMatchObject([
      {
        project: "other",
        job: "job",
        kind: "INCONSISTENT",
        message: expect.stringContaining(`as ${REF.project}/${REF.job} did`),
      },
    ]);
  });
});
