import { describe, expect, it } from "vitest";
import { isCompilationJob, packagingJobOf } from "../../src/job/compilation-job.js";

const NO_NAMES = { project: null, job: null };

/** All but the part of the guesses that is about the target, which has its own test. */
function mapOf(job: object) {
  const mapped = packagingJobOf({ ...job }, NO_NAMES);
  if ("refused" in mapped) return [mapped];
  const { ref, description, guessed } = mapped;
  return [{ ref, description, guessed }];
}

describe("a Neo compilation job", () => {
  const OPTIONS = '{"cuda-ver": "10.2", "gpu-code": "sm_72", "trt-ver": "8.2.1", "max-workspace-size": "2147483648"}';
  const COMPILED = {
    CompilationJobName: "dda-xavier-1",
    CompilationJobArn: "arn:aws:sagemaker:eu-central-1:123456789012:compilation-job/dda-xavier-1",
    CompilationJobStatus: "COMPLETED",
    CreationTime: "2025-03-01T10:00:00.500000+00:00",
    LastModifiedTime: 1740823800.25,
    FailureReason: "",
    InputConfig: { Framework: "PYTORCH" },
    OutputConfig: {
      S3OutputLocation: "s3://models/compiled/x/",
      TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      CompilerOptions: OPTIONS,
    },
  };
  const mapped = (target: object) => ({
    ref: { project: "sagemaker-neo", job: "dda-xavier-1" },
    description: {
      JobName: "dda-xavier-1",
      ProjectName: "sagemaker-neo",
      ModelPackagingConfiguration: {
        Greengrass: { ...target, S3OutputLocation: { Bucket: "models", Prefix: "compiled/x/" } },
      },
      Status: "SUCCEEDED",
      CreationTimestamp: 1740823200.5,
      LastUpdatedTimestamp: 1740823800.25,
    },
  });
  const NAMED = "ProjectName is sagemaker-neo: a compilation job has none (--project names another)";
  const ABSENT = "component and model version are not known: absent";
  const withOutput = (OutputConfig: object) => ({
    ...COMPILED,
    OutputConfig: { S3OutputLocation: "s3://models/compiled/x/", ...OutputConfig },
  });

  it("for a platform has the same requirements as a packaging job", () => {
    const target = { CompilerOptions: OPTIONS, TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" } };

    expect(mapOf(COMPILED)).toEqual([{ ...mapped(target), guessed: [NAMED, ABSENT] }]);
    expect(packagingJobOf(COMPILED, { ...NO_NAMES, project: "dda" })).toMatchObject({
      ref: { project: "dda" },
      guessed: [ABSENT],
    });
  });

  it("for the CPU has no accelerator", () => {
    const target = { TargetPlatform: { Os: "LINUX", Arch: "X86_64" } };

    expect(mapOf(withOutput(target))).toEqual([{ ...mapped(target), guessed: [NAMED, ABSENT] }]);
  });

  it("for jetson_xavier has its own options, or else Neo's", () => {
    expect(mapOf(withOutput({ TargetDevice: "jetson_xavier", CompilerOptions: OPTIONS }))).toEqual([
      { ...mapped({ CompilerOptions: OPTIONS, TargetDevice: "jetson_xavier" }), guessed: [NAMED, ABSENT] },
    ]);
    expect(mapOf(withOutput({ TargetDevice: "jetson_xavier" }))).toEqual([
      {
        ...mapped({
          CompilerOptions: '{"gpu-code": "sm_72", "trt-ver": "5.1.6", "cuda-ver": "10.0"}',
          TargetDevice: "jetson_xavier",
        }),
        guessed: ["CompilerOptions are what Neo's guide lists for jetson_xavier: the job has none", NAMED, ABSENT],
      },
    ]);
  });

  it("for another device is mapped to its platform", () => {
    expect(mapOf(withOutput({ TargetDevice: "ml_g4dn" }))).toEqual([
      {
        ...mapped({
          CompilerOptions: '{"gpu-code":"sm_75"}',
          TargetPlatform: { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" },
        }),
        guessed: [
          "TargetPlatform stands for TargetDevice ml_g4dn",
          "gpu-code is that of ml_g4dn: the job has none",
          NAMED,
          ABSENT,
        ],
      },
    ]);
    expect(mapOf(withOutput({ TargetDevice: "jetson_tx2", CompilerOptions: "{'gpu_code': 'sm_62'}" }))).toMatchObject([
      mapped({
        CompilerOptions: "{'gpu_code': 'sm_62'}",
        TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      }),
    ]);
  });

  it.each([
    [
      { TargetDevice: "rasp3b" },
      '"rasp3b" that no packaging job can name: Arch is "ARM_EABIHF", neither ARM64 nor X86_64',
    ],
    [{ TargetDevice: "x86_win64" }, '"x86_win64" that no packaging job can name: Os is "WINDOWS", not LINUX'],
    [
      { TargetDevice: "ml_inf1" },
      '"ml_inf1" that no packaging job can name: Accelerator is "AWS Inferentia", not NVIDIA',
    ],
    [{ TargetDevice: "toaster" }, '"toaster" that no packaging job can name: packdrift does not know this device'],
    [
      { TargetPlatform: { Os: "ANDROID", Arch: "ARM64" } },
      'a target that no packaging job can name: Os is "ANDROID", not LINUX',
    ],
    [
      { TargetPlatform: { Os: "LINUX", Arch: "ARM_EABIHF" } },
      'a target that no packaging job can name: Arch is "ARM_EABIHF", neither ARM64 nor X86_64',
    ],
    [
      { TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "MALI" } },
      'a target that no packaging job can name: Accelerator is "MALI", not NVIDIA',
    ],
  ])("is refused for %j", (output, why) => {
    expect(mapOf(withOutput(output))).toEqual([{ refused: `is a Neo compilation job for ${why}` }]);
  });

  it("is refused without a target", () => {
    expect(mapOf(withOutput({}))).toEqual([
      { refused: "is a Neo compilation job without OutputConfig.TargetDevice and TargetPlatform" },
    ]);
  });

  it("reports separately what was guessed about the target", () => {
    expect(packagingJobOf(withOutput({ TargetDevice: "ml_g4dn" }), NO_NAMES)).toMatchObject({
      guessed: expect.arrayContaining([NAMED, ABSENT]),
      guessedTarget: [
        "TargetPlatform stands for TargetDevice ml_g4dn",
        "gpu-code is that of ml_g4dn: the job has none",
      ],
    });
  });

  it("keeps the digest of what was compiled, since a new one makes it another job", () => {
    const compiled = { ...withOutput({ TargetDevice: "ml_c5" }), ModelDigests: { ArtifactDigest: "sha256:0a1b" } };

    expect(mapOf(compiled)).toMatchObject([
      {
        description: {
          ModelPackagingConfiguration: {
            Greengrass: { Tags: [{ Key: "sagemaker:artifact-digest", Value: "sha256:0a1b" }] },
          },
        },
        guessed: expect.arrayContaining(["the tag sagemaker:artifact-digest is ModelDigests.ArtifactDigest"]),
      },
    ]);
  });

  it("that failed or was stopped has the status FAILED", () => {
    const failed = { ...COMPILED, CompilationJobStatus: "FAILED", FailureReason: "ClientError: no" };

    expect(mapOf(failed)).toMatchObject([{ description: { Status: "FAILED", StatusMessage: "ClientError: no" } }]);
    expect(mapOf({ ...COMPILED, CompilationJobStatus: "STOPPED" })).toMatchObject([
      {
        description: { Status: "FAILED" },
        guessed: [
          "ProjectName is sagemaker-neo: a compilation job has none (--project names another)",
          "Status is FAILED: the compilation was stopped",
          ABSENT,
        ],
      },
    ]);
  });

  it.each([
    ["ml_c6g", { TargetPlatform: { Os: "LINUX", Arch: "ARM64" } }],
    ["ml_m6g", { TargetPlatform: { Os: "LINUX", Arch: "ARM64" } }],
    ["imx8qm", { TargetPlatform: { Os: "LINUX", Arch: "ARM64" } }],
    ["sbe_c", { TargetPlatform: { Os: "LINUX", Arch: "X86_64" }, CompilerOptions: '{"mcpu": "core-avx2"}' }],
  ])("for %s is mapped to the platform that it stands for", (TargetDevice, target) => {
    expect(mapOf(withOutput({ TargetDevice }))).toMatchObject([mapped(target)]);
  });

  it.each<[string, unknown, string]>([
    ["an object", { "gpu-code": "sm_72" }, '{"gpu-code":"sm_72"}'],
    ["an object with a list", { mattr: ["+neon"] }, '{"mattr":["+neon"]}'],
  ])("stores CompilerOptions given as %s as the service's text", (_, CompilerOptions, text) => {
    const TargetPlatform = { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" };

    expect(mapOf(withOutput({ TargetPlatform, CompilerOptions }))).toMatchObject([
      {
        ...mapped({ TargetPlatform, CompilerOptions: text }),
        guessed: expect.arrayContaining([
          "ModelPackagingConfiguration.Greengrass.CompilerOptions was an object: stored as JSON text",
        ]),
      },
    ]);
  });

  it.each([
    ["STARTING", "CREATED"],
    ["INPROGRESS", "RUNNING"],
  ])("that is %s has the status %s, and the note that it was saved early", (CompilationJobStatus, Status) => {
    expect(mapOf({ ...COMPILED, CompilationJobStatus })).toMatchObject([
      {
        description: { Status },
        guessed: expect.arrayContaining([`Status is ${Status}: saved before the compilation ended`]),
      },
    ]);
  });

  it("that was only requested has no status", () => {
    const { CompilationJobArn: _, CompilationJobStatus: _status, ...request } = COMPILED;

    const [extracted] = mapOf(request);

    expect(extracted).toMatchObject({
      guessed: expect.arrayContaining(["this is the request: its outcome is not known, Status is absent"]),
    });
    expect(extracted).not.toHaveProperty("description.Status");
  });

  it("that has only its ARN takes its name from there", () => {
    const { CompilationJobName: _, ...nameless } = COMPILED;

    expect(mapOf(nameless)).toMatchObject([{ ref: { job: "dda-xavier-1" } }]);
  });

  it("that has neither name nor a job's ARN takes the given name", () => {
    const { CompilationJobName, ...unnamed } = COMPILED;
    const named = (arn: unknown) =>
      packagingJobOf({ ...unnamed, CompilationJobArn: arn }, { project: null, job: "from-file" });

    for (const arn of [
      undefined,
      7,
      "arn:aws:sagemaker:eu-central-1:123456789012:training-job/a",
      "arn:aws:sagemaker:eu-central-1:123456789012:compilation-job/a/b",
    ]) {
      expect(named(arn)).toMatchObject({ ref: { job: "from-file" } });
    }
  });

  it("without times and with an invalid digest has neither", () => {
    const job = { ...COMPILED, CreationTime: null, LastModifiedTime: "soon" };

    for (const ArtifactDigest of [7, "", "a b", "é:1", "d".repeat(257)]) {
      const { description } = packagingJobOf({ ...job, ModelDigests: { ArtifactDigest } }, NO_NAMES) as {
        description: { CreationTimestamp?: number; LastUpdatedTimestamp?: number };
      };

      expect(description).not.toHaveProperty("CreationTimestamp");
      expect(description).not.toHaveProperty("LastUpdatedTimestamp");
      expect(description).not.toHaveProperty("ModelPackagingConfiguration.Greengrass.Tags");
    }
  });

  it("for a processor has no default options, and an empty text means no options", () => {
    const guesses = ["TargetPlatform stands for TargetDevice ml_c5"];
    for (const options of [{}, { CompilerOptions: "" }, { CompilerOptions: " " }]) {
      expect(packagingJobOf(withOutput({ TargetDevice: "ml_c5", ...options }), NO_NAMES)).toEqual({
        ...mapped({ TargetPlatform: { Os: "LINUX", Arch: "X86_64" } }),
        guessed: [...guesses, NAMED, ABSENT],
        guessedTarget: guesses,
      });
    }
  });

  it.each(["{}", { "gpu-code": "sm_61" }])("for a device keeps the options that it has: %j", (CompilerOptions) => {
    const job = packagingJobOf(withOutput({ TargetDevice: "ml_p3", CompilerOptions }), NO_NAMES);
    const text = typeof CompilerOptions === "string" ? CompilerOptions : JSON.stringify(CompilerOptions);

    expect(job).toMatchObject({
      description: mapped({
        CompilerOptions: text,
        TargetPlatform: { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" },
      }).description,
    });
  });

  it("is identified by its name or its ARN", () => {
    expect(isCompilationJob({ CompilationJobName: "a" })).toBe(true);
    expect(isCompilationJob({ CompilationJobArn: "arn" })).toBe(true);
    expect(isCompilationJob({ JobName: "a" })).toBe(false);
  });

  it("is refused where its target device has no name or is not known", () => {
    expect(packagingJobOf(withOutput({ TargetDevice: "" }), NO_NAMES)).toEqual({
      refused: "is a Neo compilation job without OutputConfig.TargetDevice and TargetPlatform",
    });
    expect(packagingJobOf(withOutput({ TargetDevice: "toaster" }), NO_NAMES)).toEqual({
      refused:
        'is a Neo compilation job for "toaster" that no packaging job can name: packdrift does not know this device',
    });
  });

  it("that is being stopped or was requested with null has no outcome of its own", () => {
    const guessed = (CompilationJobStatus: unknown) => {
      const job = packagingJobOf({ ...COMPILED, CompilationJobStatus }, NO_NAMES);
      return "refused" in job ? job : [job.description.Status, job.guessed[1]];
    };

    expect(guessed("STOPPING")).toEqual(["FAILED", "Status is FAILED: the compilation was stopped"]);
    expect(guessed(null)).toEqual([undefined, "this is the request: its outcome is not known, Status is absent"]);
  });
});
