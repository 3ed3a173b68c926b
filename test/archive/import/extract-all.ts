import { documentsOf } from "../../../src/archive/import/documents.js";
import type { Extracted, Hints } from "../../../src/archive/import/extracted.js";
import { recognise } from "../../../src/archive/import/recognise.js";
import { parseYaml } from "../../../src/platform/yaml.js";

const NO_HINTS: Hints = { project: null, job: null, tags: {} };

/** What the documents of a text turn out to be; anything else than a text is written as JSON first. */
export function extractAll(text: unknown, hints: Partial<Hints> = {}): readonly Extracted[] {
  const body = typeof text === "string" ? text : JSON.stringify(text);
  return documentsOf(body, "a.json", parseYaml).map((document) => recognise(document, { ...NO_HINTS, ...hints }));
}

/** A job with everything that a description can say of a target. */
export const JOB = {
  JobName: "xavier-1",
  ProjectName: "weld-seams",
  ModelVersion: "7",
  ModelPackagingConfiguration: {
    Greengrass: {
      CompilerOptions: '{"gpu-code": "sm_72", "trt-ver": "8.2.1", "cuda-ver": "10.2"}',
      TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      S3OutputLocation: { Bucket: "models", Prefix: "a/" },
      ComponentName: "com.example.A",
      ComponentVersion: "7.0.1",
      Tags: [{ Key: "plant", Value: "ulm-2" }],
    },
  },
  ModelPackagingMethod: "Greengrass",
  ModelPackagingOutputDetails: { Greengrass: { ComponentName: "com.example.A", ComponentVersion: "7.0.1" } },
  Status: "SUCCEEDED",
  CreationTimestamp: 1671439322.915,
  LastUpdatedTimestamp: 1671440823.165,
};
