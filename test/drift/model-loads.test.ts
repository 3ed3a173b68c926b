import { describe, expect, it } from "vitest";
import type { LoaderAnswer } from "../../src/device/loader-answers.js";
import type { CompareInput } from "../../src/drift/make-finding.js";
import { familyOf, loadsOf, namesLoadedBy } from "../../src/drift/model-loads.js";
import { needsOf } from "../../src/drift/needs.js";
import { gpuOptions, someInput, someJob } from "./builders.js";
import { COMPILED, runtimeLoads, someModel, states } from "./model-builders.js";

const loads = (changes: Partial<CompareInput>) => {
  const input = someInput(changes);
  return loadsOf({ ...input, needs: needsOf(input) });
};
const byModel = (soname: string) => states(soname, "NEEDED", { path: COMPILED, place: "DT_NEEDED" });
const severityOf = (
  soname: string,
  { job = null, ...model }: { job?: CompareInput["job"] } & Parameters<typeof someModel>[0],
) => loads({ job, model: someModel({ loads: [runtimeLoads(soname)], ...model }) })[0]?.severity;

describe("loadsOf", () => {
  it("returns each library once, in the files' order, with all that name it", () => {
    const model = someModel({
      loads: [byModel("libb.so.1"), runtimeLoads("liba.so.1"), runtimeLoads("libb.so.1")],
    });
    const found: LoaderAnswer = { soname: "libb.so.1", state: "FOUND", path: "/usr/lib/libb.so.1", why: null };

    expect(loads({ job: null, model, loadable: [found] })).toEqual([
      {
        soname: "libb.so.1",
        by: [byModel("libb.so.1"), runtimeLoads("libb.so.1")],
        answer: found,
        severity: "BLOCKING",
      },
      {
        soname: "liba.so.1",
        by: [runtimeLoads("liba.so.1")],
        answer: { soname: "liba.so.1", state: "UNKNOWN", path: null, why: "this machine's loader was not asked" },
        severity: "ERROR",
      },
    ]);
    expect(loads({ model: null })).toEqual([]);
  });

  it("holds what the bundled runtime alone needs against the model only where job or code need the same major", () => {
    const bare = { tensorrt: [], cuda: [] };
    expect(severityOf("libnvinfer.so.7", bare)).toBe("ERROR");
    expect(severityOf("libnvinfer.so.7", { ...bare, tensorrt: [states("7.1.3")] })).toBe("BLOCKING");
    expect(severityOf("libnvinfer.so.8", { ...bare, tensorrt: [states("7.1.3")] })).toBe("ERROR");
    expect(severityOf("libnvinfer.so.7", { ...bare, cuda: [states("7.5")] })).toBe("ERROR");
    expect(severityOf("libcudart.so.10.2", { ...bare, cuda: [states("10.1")] })).toBe("BLOCKING");
    expect(severityOf("libcudart.so.10.2", { ...bare, tensorrt: [states("10.3.0")] })).toBe("ERROR");
    expect(severityOf("libnvinfer.so.7", { ...bare, tensorrt: [runtimeLoads("7")] })).toBe("ERROR");
    const unsure = states("7.1.3", "BLOB", { confidence: "INFERRED" });
    expect(severityOf("libnvinfer.so.7", { ...bare, tensorrt: [unsure] })).toBe("ERROR");
  });

  it("counts what the job asks for like what the code needs", () => {
    const bare = { tensorrt: [], cuda: [] };
    const job = someJob({ compilerOptions: gpuOptions({ trtVer: "7.1.3", cudaVer: "10.2" }) });
    expect(severityOf("libnvinfer.so.7", { job, ...bare })).toBe("BLOCKING");
    expect(severityOf("libcudart.so.11.0", { job, ...bare })).toBe("ERROR");
    expect(severityOf("libcudart.so.10.2", { job, ...bare })).toBe("BLOCKING");
    expect(severityOf("libfoo.so.1", { job, ...bare })).toBe("ERROR");
    const open = someJob({ compilerOptions: gpuOptions({ cudaVer: null }) });
    expect(severityOf("libcudart.so.10.2", { job: open, ...bare })).toBe("ERROR");
  });
});

describe("namesLoadedBy", () => {
  it("returns each name of all models once", () => {
    const model = someModel({ loads: [byModel("liba.so.1"), runtimeLoads("libb.so.1")] });
    const other = someModel({ loads: [runtimeLoads("libb.so.1"), runtimeLoads("libc.so.6")] });
    expect(namesLoadedBy([{ model }, { model: null }, { model: other }])).toEqual([
      "liba.so.1",
      "libb.so.1",
      "libc.so.6",
    ]);
  });
});

describe("familyOf", () => {
  it.each([
    ["libnvinfer.so.7", { name: "TensorRT", version: "7" }],
    ["libnvinfer_plugin.so.8", { name: "TensorRT", version: "8" }],
    ["libnvparsers.so.7.1.3", { name: "TensorRT", version: "7.1.3" }],
    ["libcudart.so.10.2", { name: "CUDA", version: "10.2" }],
    ["libcudart.so.11.0", { name: "CUDA", version: "11" }],
    ["libcudart.so.20.0", { name: "CUDA", version: "20" }],
    ["libcudart.so.10.0", { name: "CUDA", version: "10.0" }],
    ["libcudart.so.11.0.221", { name: "CUDA", version: "11.0.221" }],
    ["libcudart.so.9.11.0", { name: "CUDA", version: "9.11.0" }],
    ["libnvrtc.so.11.2", { name: "CUDA", version: "11.2" }],
    ["libcublasLt.so.12", { name: "CUDA", version: "12" }],
    ["libcudnn.so.8", { name: "cuDNN", version: "8" }],
    ["libcudnn_ops_infer.so.8", { name: "cuDNN", version: "8" }],
    ["libcufft.so.10", null],
    ["libcudnn-x.so.8", null],
    ["mylibcudart.so.10.2", null],
    ["libcudart.so.10.2.old", null],
    ["libcudart.so.", null],
  ])("knows the product of %s", (soname, family) => {
    expect(familyOf(soname)).toEqual(family);
  });
});
