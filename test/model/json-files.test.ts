import { describe, expect, it } from "vitest";
import { readCompiledMeta } from "../../src/model/compiled-meta.js";
import type { FileSlices } from "../../src/model/file-slices.js";
import { readManifest } from "../../src/model/manifest.js";
import { readModelGraph } from "../../src/model/model-graph.js";
import { slicesOf } from "./slices.js";

function file(content: unknown): FileSlices {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { ...slicesOf(Buffer.from(text, "latin1")), problem: () => null };
}

describe("readCompiledMeta", () => {
  const deviceOf = (type: unknown) =>
    readCompiledMeta("/m/compiled.meta", file({ Requirements: { TargetDevice: "ML_C4", TargetDeviceType: type } }));

  it("reads what the model runs on", () => {
    expect(deviceOf("cpu").accelerator.map(({ value }) => value)).toEqual(["CPU"]);
    expect(deviceOf("gpu").accelerator.map(({ value }) => value)).toEqual(["NVIDIA"]);
  });

  it("has no accelerator for a device that is neither, without a problem", () => {
    for (const type of ["opencl", "", null, 3]) {
      expect(deviceOf(type)).toMatchObject({ accelerator: [], problems: [] });
    }
  });
});

describe("readManifest", () => {
  it("names the folders of the stages", () => {
    const stages = [{ type: "mask", threshold: 0.1 }, { type: "model" }, { type: "model" }];

    expect(readManifest(file({ model_graph: { stages } }))).toEqual({ stages: ["mask", "model"], problems: [] });
    expect(readManifest(file({ compilable_models: [] }))).toEqual({ stages: [], problems: [] });
  });

  it("does not use a type with a path elsewhere as a folder", () => {
    const stages = [{ type: "../../etc" }, { type: ".." }, { type: 7 }, null];

    expect(readManifest(file({ model_graph: { stages } }))).toEqual({
      stages: [],
      problems: ["a stage in model_graph.stages has no usable type"],
    });
  });
});

describe("readModelGraph", () => {
  const told = (graph: object) =>
    readModelGraph("/m/compiled_model.json", file(graph)).accelerator.map(({ value, place }) => `${value} ${place}`);

  it("sees TensorRT in the functions that it calls, and CUDA among its devices", () => {
    const nodes = [
      { op: "null", name: "input" },
      { op: "tvm_op", name: "tensorrt_0", attrs: { func_name: "tvmgen_default_tensorrt_main_0" } },
    ];

    expect(told({ nodes })).toEqual(["NVIDIA nodes, func_name"]);
    expect(told({ nodes: [], attrs: { device_index: ["list_int", [1, 2]] } })).toEqual(["NVIDIA attrs.device_index"]);
  });

  it("finds neither in a graph for the CPU", () => {
    const nodes = [{ op: "tvm_op", attrs: { func_name: "fused_nn_dense" } }, 4, null];

    expect(told({ nodes, attrs: { device_index: ["list_int", [1, 1]] } })).toEqual([]);
  });
});

describe("a JSON file of a model", () => {
  it.each([
    ["is not JSON", "{", "it is not valid JSON: "],
    ["is a list", "[]", "it is not a JSON object"],
    ["is not UTF-8", '{"a":"\xff"}', "it is not valid JSON: "],
    [
      "is deeper than any real one",
      `{"a":${"[".repeat(40)}${"]".repeat(40)}}`,
      "it is not valid JSON: it is deeper than",
    ],
  ])("that %s is a problem with its reason", (_, content, why) => {
    expect(readCompiledMeta("/m/compiled.meta", file(content)).problems[0]).toContain(why);
    expect(readModelGraph("/m/compiled_model.json", file(content)).problems[0]).toContain(why);
    expect(readManifest(file(content)).problems[0]).toContain(why);
  });

  it("is not read when it is larger than any real one", () => {
    const slices = { sizeBytes: 3_000_000, read: () => null, problem: () => null };

    expect(readManifest(slices).problems).toEqual(["it has 3000000 bytes, at most 2097152 are read of a JSON file"]);
  });
});
