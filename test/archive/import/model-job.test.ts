import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Extracted, Hints } from "../../../src/archive/import/extracted.js";
import { jobFromModel } from "../../../src/archive/import/model-job.js";
import { digestOf, encodeStoredJob, type Note, parseStoredJob } from "../../../src/archive/store/stored-job.js";
import { verifier } from "../../../src/archive/store/verifier.js";
import type { JsonObject } from "../../../src/base/json.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import type { PackagedModel } from "../../../src/model/model.js";
import { readModel } from "../../../src/model/read-model.js";
import { someModel, somewhere } from "../../model/some-model.js";

const NO_HINTS: Hints = { project: null, job: null, tags: {} };
const BLOB = { place: "__tvm_dev_mblob, module cuda", how: "BLOB" } as const;
const FROM_FILES = {
  CompilerOptions: '{"gpu-code":"sm_72","trt-ver":"7.1.3","cuda-ver":"10.2"}',
  TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
};
const RECIPE = {
  RecipeFormatVersion: "2020-01-25",
  ComponentName: "com.example.Seams",
  ComponentVersion: "7.0.1",
  ComponentDescription: "Weld seams",
  Manifests: [
    { Platform: { os: "linux", architecture: "aarch64" }, Artifacts: [{ Uri: "s3://models/seams/x_model.zip" }] },
  ],
};

interface Given {
  readonly name?: string;
  readonly model?: Partial<PackagedModel>;
  readonly recipe?: JsonObject | null;
  readonly hints?: Partial<Hints>;
}
const jobOf = ({ name = "1.0.0", model = {}, recipe = null, hints = {} }: Given = {}): Extracted =>
  jobFromModel({ name, model: someModel(model), recipe }, { ...NO_HINTS, ...hints });

/** What the archive's own verify finds of a job that was imported so. */
function foundBy(extracted: Extracted) {
  if ("refused" in extracted) throw new Error(extracted.refused);
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const { ref, description, origin, guessed } = extracted;
  const digest = digestOf(description, sha256);
  const note: Note = {
    schema: "packdrift.archived-job/1",
    origin,
    reconstructed: true,
    from: "1.0.0",
    guessed,
    digest,
  };
  return verifier(sha256)
    .verify(ref, parseStoredJob(encodeStoredJob(description, note), ref))
    .map(({ kind }) => kind);
}

describe("jobFromModel", () => {
  it("reconstructs the job of a folder in the package store, without recipe and tags", () => {
    const job = jobOf();

    expect(job).toEqual({
      ref: { project: "com-example-Caps", job: "com-example-Caps-1-0-0" },
      description: {
        JobName: "com-example-Caps-1-0-0",
        ProjectName: "com-example-Caps",
        ModelPackagingConfiguration: {
          Greengrass: { ...FROM_FILES, ComponentName: "com.example.Caps", ComponentVersion: "1.0.0" },
        },
        ModelPackagingOutputDetails: {
          Greengrass: { ComponentName: "com.example.Caps", ComponentVersion: "1.0.0" },
        },
        Status: "SUCCEEDED",
      },
      origin: "MODEL",
      guessed: [
        "ProjectName is made from the component's name",
        "JobName is made from the component's name and version",
        "component and version are those of the folder's path",
        "Status is SUCCEEDED: the component exists",
        "model version and times are not known: absent",
        "TargetPlatform is what the model's files say: ARM64 from compiled.so (e_machine), NVIDIA from compiled.so (__tvm_dev_mblob, module cuda)",
        "CompilerOptions are what the model's files say: gpu-code from compiled.so (__tvm_dev_mblob, module cuda), trt-ver from compiled.so (__tvm_dev_mblob, module tensorrt), cuda-ver from compiled.so (__tvm_dev_mblob, module cuda)",
      ],
    });
    expect(foundBy(job)).toEqual(["NOTE"]);
  });

  it("uses names, places and tags from the recipe", () => {
    const tags = { project: "weld-seams", job: "xavier-7", plant: "ulm" };

    const job = jobOf({ recipe: { ...RECIPE, tags } });

    expect(job).toMatchObject({
      ref: { project: "weld-seams", job: "xavier-7" },
      description: {
        ModelPackagingConfiguration: {
          Greengrass: {
            ...FROM_FILES,
            S3OutputLocation: { Bucket: "models", Prefix: "seams/" },
            ComponentName: "com.example.Seams",
            ComponentVersion: "7.0.1",
            ComponentDescription: "Weld seams",
            Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          },
        },
      },
      guessed: expect.arrayContaining(["S3OutputLocation is the folder of the component's artifact"]),
    });
    expect(foundBy(job)).toEqual(["NOTE"]);
  });

  it("trusts the files when tags or the recipe say something else, and names both", () => {
    const tags = { "gpu-code": "sm_53", "trt-ver": "7.1.3", Accelerator: "NVIDIA" };
    const recipe = {
      ...RECIPE,
      Manifests: [{ Platform: { os: "linux", architecture: "amd64" } }],
    };

    expect(jobOf({ recipe, hints: { tags } })).toMatchObject({
      description: { ModelPackagingConfiguration: { Greengrass: FROM_FILES } },
      guessed: expect.arrayContaining([
        "the tag gpu-code is sm_53, but the model's files say sm_72: compiled.so (__tvm_dev_mblob, module cuda)",
        "recipe and tags say otherwise: X86_64 NVIDIA",
      ]),
    });
  });

  it("keeps the target device that a tag names, where the files fit it", () => {
    const tags = { TargetDevice: "jetson_xavier" };
    const greengrass = (given: Given) => {
      const job = jobOf(given);
      return "refused" in job ? job : job.description.ModelPackagingConfiguration?.Greengrass;
    };

    expect(greengrass({ hints: { tags } })).toMatchObject({ TargetDevice: "jetson_xavier" });
    expect(greengrass({ hints: { tags } })).not.toHaveProperty("TargetPlatform");
    expect(greengrass({ hints: { tags }, model: { arch: somewhere("X86_64") } })).toMatchObject({
      TargetPlatform: { Arch: "X86_64" },
    });
  });

  it.each<[string, Partial<PackagedModel>, string]>([
    [
      "the TensorRT version is only a major",
      { tensorrt: [somewhere("7", { file: "libdlr.so", how: "NEEDED" })] },
      "trt-ver (the files say only 7)",
    ],
    [
      "the files disagree",
      {
        tensorrt: [
          somewhere("7.1.3", { confidence: "DISPUTED" }),
          somewhere("8.2.1", { file: "b/compiled.so", confidence: "DISPUTED" }),
        ],
      },
      "trt-ver (the files say 7.1.3 and 8.2.1)",
    ],
    [
      "a value is only inferred",
      { cuda: [somewhere("10.2", { ...BLOB, confidence: "INFERRED" })] },
      "cuda-ver (the files say only 10.2, not with certainty)",
    ],
    [
      "there is code for several GPUs",
      {
        codes: [somewhere({ kind: "CUBIN", sm: "sm_53" }, BLOB), somewhere({ kind: "CUBIN", sm: "sm_72" }, BLOB)],
      },
      "gpu-code (the files say sm_53 and sm_72)",
    ],
    ["there is no GPU code", { codes: [] }, "gpu-code (no file says it)"],
  ])("has no CompilerOptions when %s", (_, model, why) => {
    const job = jobOf({ model });

    expect(job).toMatchObject({
      guessed: expect.arrayContaining([`CompilerOptions are absent: the model's files do not say ${why}`]),
    });
    expect(job).not.toHaveProperty("description.ModelPackagingConfiguration.Greengrass.CompilerOptions");
    expect(foundBy(job)).toEqual(["NOTE"]);
  });

  it("has no accelerator for a model that runs on the CPU, and keeps the tag mcpu", () => {
    const model = { accelerator: somewhere("CPU" as const, BLOB), tensorrt: [], cuda: [], codes: [] };
    const cpu = { TargetPlatform: { Os: "LINUX", Arch: "ARM64" } };

    expect(jobOf({ model })).toMatchObject({
      description: { ModelPackagingConfiguration: { Greengrass: cpu } },
      guessed: expect.arrayContaining(["CompilerOptions are absent: mcpu and mattr leave no trace in compiled code"]),
    });
    expect(jobOf({ model, hints: { tags: { mcpu: "cortex-a57" } } })).toMatchObject({
      description: {
        ModelPackagingConfiguration: { Greengrass: { ...cpu, CompilerOptions: '{"mcpu":"cortex-a57"}' } },
      },
    });
  });

  it("claims no platform when the files do not say whether the model needs a GPU", () => {
    const job = jobOf({ model: { accelerator: null, codes: [] } });

    expect(job).not.toHaveProperty("description.ModelPackagingConfiguration.Greengrass.TargetPlatform");
    expect(job).toMatchObject({
      guessed: expect.arrayContaining(["the model's files are for ARM64, but do not say whether it needs a GPU"]),
    });
  });

  it("names the job after the folder where no component is known", () => {
    const unknown = { component: null, version: null };

    expect(jobOf({ name: "caps model", model: unknown })).toMatchObject({
      ref: { project: "caps-model", job: "caps-model" },
      guessed: expect.arrayContaining([
        "ProjectName is made from the folder's name",
        "JobName is made from the folder's name",
        "component is not known: absent",
      ]),
    });
    expect(jobOf({ name: "---", model: unknown })).toMatchObject({ ref: { project: "model", job: "model" } });
    expect(jobOf({ model: unknown, hints: { project: "p", job: "j" } })).toMatchObject({
      ref: { project: "p", job: "j" },
    });
  });

  it("names what could not be read, up to five files", () => {
    const unread = Array.from({ length: 7 }, (_, at) => ({ path: `/m/${at}.so`, why: "Permission denied" }));

    const job = jobOf({ model: { unread } });

    expect("guessed" in job && job.guessed.slice(-6)).toEqual([
      ...[0, 1, 2, 3, 4].map((at) => `not read: ${at}.so: Permission denied`),
      "and 2 more files that were not read",
    ]);
  });

  it.each<[string, Partial<PackagedModel>, RegExp]>([
    ["has no model's files", { files: [{ path: "/m/readme.txt", kind: "OTHER" }] }, /^is not a packaged model: /],
    [
      "has a model without compiled code",
      { files: [{ path: "/m/model.onnx", kind: "ONNX" }] },
      /without compiled code/,
    ],
    ["is for another machine", { arch: somewhere("ARM") }, /is a packaged model for ARM, which/],
    [
      "says nothing",
      { arch: null, unread: [{ path: "/m/compiled.so", why: "it is truncated" }] },
      /no file says what it was compiled for \(\/m\/compiled\.so: it is truncated\)/,
    ],
  ])("refuses a folder that %s", (_, model, why) => {
    expect(jobOf({ model })).toEqual({ refused: expect.stringMatching(why) });
  });

  it.each([
    ["arm64", "ARM64"],
    ["x86_64", "X86_64"],
  ])("reconstructs the job of real files for %s", (folder, Arch) => {
    const read = (path: string) =>
      jobFromModel({ name: "caps", model: readModel(linuxHost("/"), [path]), recipe: null }, NO_HINTS);
    const material = join(import.meta.dirname, "../../model/material", folder);
    const TargetPlatform = { Os: "LINUX", Arch, Accelerator: "NVIDIA" };

    const alone = read(join(material, "compiled.so"));
    const withRuntime = read(material);

    expect(alone).toMatchObject({
      description: {
        ModelPackagingConfiguration: {
          Greengrass: { TargetPlatform, CompilerOptions: '{"gpu-code":"sm_53","trt-ver":"7.1.3","cuda-ver":"11.8"}' },
        },
      },
    });
    // Its libdlr.so loads CUDA 10.2.
    expect(withRuntime).toMatchObject({
      description: { ModelPackagingConfiguration: { Greengrass: { TargetPlatform } } },
      guessed: expect.arrayContaining([
        "CompilerOptions are absent: the model's files do not say cuda-ver (the files say 11.8 and 10.2)",
      ]),
    });
    expect(foundBy(withRuntime)).toEqual(["NOTE"]);
  });
});
