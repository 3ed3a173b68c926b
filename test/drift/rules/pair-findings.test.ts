import { describe, expect, it } from "vitest";
import type { DeviceFacts, Gpu, Jetson } from "../../../src/device/facts.js";
import { KNOWN_PAIRS } from "../../../src/device/tables/known-pairs.js";
import {
  armJob,
  cpuJob,
  findingsOf,
  gpuOptions,
  is,
  library,
  someFacts,
  someGpu,
  someJob,
  someTegraGpu,
  someXavier,
  UNREADABLE,
} from "../builders.js";

/** What is said of pairs beside the library's own finding. */
const pairs = (
  options: Parameters<typeof gpuOptions>[0],
  facts: DeviceFacts,
  rule: "compiler.trt-ver" | "compiler.cuda-ver" = "compiler.trt-ver",
) =>
  findingsOf(rule, { job: someJob({ compilerOptions: gpuOptions(options) }), facts }).filter(({ because }) =>
    because.startsWith("On the"),
  );
const volta = (changes: Partial<Gpu> = {}) => someGpu({ name: "Tesla V100", computeCapability: "7.0", ...changes });
const onVolta = (tensorrt: string, changes: Partial<Gpu> = {}) =>
  pairs({ gpuCode: "sm_70", trtVer: tensorrt }, someFacts({ tensorrt: library(tensorrt), gpus: is([volta(changes)]) }));

const RULE = "compiler.cuda-ver";

describe("a library and a GPU that do not work together", () => {
  it("are reported with the fix and where it was reported", () => {
    expect(onVolta("10.6.0")).toEqual([
      expect.objectContaining({
        rule: "compiler.trt-ver",
        expected: "TensorRT that works on the Tesla V100 (compute capability 7.0)",
        actual: "TensorRT 10.6.0",
        outcome: "DRIFT",
        severity: "BLOCKING",
        because:
          "On the Tesla V100 (compute capability 7.0), TensorRT 10.6.0 builds no engine there: it holds no code for that GPU",
        remedy: [expect.stringContaining("Install TensorRT 10.4")],
        evidence: [
          { from: "/place", value: "10.6.0" },
          { from: "/place", value: "Tesla V100 (compute capability 7.0)" },
          { from: "rule", value: expect.stringContaining("TensorRT 10.5.0 release notes") },
        ],
      }),
    ]);
  });

  it.each([
    [0, "10.4.0"],
    [1, "10.5.0"],
    [1, "10.5"],
    [0, "8.2.1"],
    [0, "unknown"],
  ])("are %i on a V100 with TensorRT %s", (count, tensorrt) => {
    expect(onVolta(tensorrt)).toHaveLength(count);
  });

  it("are only those of the GPU that the model runs on, else of the only usable one", () => {
    const facts = (...gpus: Gpu[]) => someFacts({ tensorrt: library("10.6.0"), gpus: is(gpus) });
    const told = (gpuCode: string, ...gpus: Gpu[]) => pairs({ gpuCode, trtVer: "10.6.0" }, facts(...gpus)).length;
    expect(told("sm_75", volta(), someGpu())).toBe(0);
    expect(told("sm_90", volta())).toBe(1);
    expect(told("sm_90", volta(), someGpu({ usable: false }))).toBe(1);
    expect(told("sm_90", volta(), someGpu())).toBe(0);
    expect(told("sm_90", volta({ usable: false }))).toBe(0);
    const [only] = pairs({ gpuCode: "sm_90", trtVer: "10.6.0" }, facts(someGpu({ usable: false }), volta()));
    expect(only?.expected).toBe("TensorRT that works on the Tesla V100 (compute capability 7.0)");
  });

  it("are not reported for a CPU job, nor where the GPUs or the library could not be read", () => {
    const gpus = is([volta()]);
    const tensorrt = library("10.6.0");
    const cpu = cpuJob({ ...gpuOptions({ trtVer: "10.6.0" }), mcpu: "core-avx2" });
    expect(findingsOf("compiler.trt-ver", { job: cpu, facts: someFacts({ tensorrt, gpus }) })).toHaveLength(1);
    expect(pairs({ gpuCode: "sm_70" }, someFacts({ tensorrt, gpus: UNREADABLE }))).toEqual([]);
    expect(pairs({ gpuCode: "sm_70" }, someFacts({ tensorrt: UNREADABLE, gpus }))).toEqual([]);
    expect(onVolta("10.6.0", { computeCapability: null })).toEqual([]);
    const tpu = someJob({
      targetPlatform: { os: "LINUX", arch: "X86_64", accelerator: "TPU" },
      compilerOptions: gpuOptions({ gpuCode: "sm_70", trtVer: "10.6.0" }),
    });
    expect(findingsOf("compiler.trt-ver", { job: tpu, facts: someFacts({ tensorrt, gpus }) })).toHaveLength(1);
  });

  it("are reported for CUDA by the whole major of a capability, and name the GPU by the best that is known", () => {
    const cuda = (capability: string, changes: Partial<Gpu> = {}, version = "13.0.48") =>
      pairs(
        { gpuCode: `sm_${capability.replace(".", "")}`, cudaVer: version },
        someFacts({ cuda: library(version), gpus: is([someGpu({ computeCapability: capability, ...changes })]) }),
        "compiler.cuda-ver",
      ).map(({ expected }) => expected);
    expect(cuda("6.1")).toEqual(["CUDA that works on the Tesla T4 (compute capability 6.1)"]);
    expect(cuda("6.1", { name: null })).toEqual(["CUDA that works on the TU104 (compute capability 6.1)"]);
    expect(cuda("6.1", { name: null, chip: null })).toEqual(["CUDA that works on the GPU (compute capability 6.1)"]);
    expect(cuda("7.5")).toEqual([]);
    const named = (...gpus: Gpu[]) =>
      pairs(
        { gpuCode: "sm_61", cudaVer: "13.0.48" },
        someFacts({ cuda: library("13.0.48"), gpus: is(gpus) }),
        RULE,
      ).map(({ expected }) => expected);
    const p4 = someGpu({ name: "Tesla P4", computeCapability: "6.1" });
    const CUDA_ON_P4 = ["CUDA that works on the Tesla P4 (compute capability 6.1)"];
    expect(named(someGpu(), p4)).toEqual(CUDA_ON_P4);
    expect(named(someGpu({ usable: false }), p4)).toEqual(CUDA_ON_P4);
    expect(cuda("8.6", {}, "10.2.89")).toHaveLength(1);
    expect(cuda("8.6", {}, "11.0")).toEqual([]);
  });
});

describe("TensorRT 8.2.1.8 on a Xavier NX of 16 GB", () => {
  const gigabytes = (count: number) => is({ totalBytes: count * 1e9, availableBytes: null });
  const onNx = (tensorrt: string, jetson: Partial<Jetson>, memory = gigabytes(16)) =>
    findingsOf("compiler.trt-ver", {
      job: armJob({ trtVer: "8.2.1" }),
      facts: someXavier(
        { tensorrt: library(tensorrt), memory },
        { product: "Xavier NX", module: null, l4t: "32.7.1", jetpack: "4.6.1", ...jetson },
      ),
    }).filter(({ because }) => because.startsWith("On the"));

  it.each([
    [1, "its module number", { module: "p3668-0003" }, 16],
    [0, "another module number, whatever the memory is", { module: "p3668-0001" }, 16],
    [1, "its name and memory", {}, 16],
    [0, "its name with 8 GB", {}, 8],
    [0, "another product with 16 GB", { product: "AGX Xavier" }, 16],
    [0, "16 GB alone", { product: null }, 16],
    [1, "the name of its developer kit", { product: "Xavier NX Developer Kit" }, 16],
  ])("is reported %i times by %s", (count, _, jetson, memory) => {
    expect(onNx("8.2.1.8", jetson, gigabytes(memory))).toHaveLength(count);
  });

  it("is not reported where the memory could not be read, nor for NVIDIA's patch 8.2.1.9", () => {
    expect(onNx("8.2.1.8", {}, UNREADABLE as never)).toEqual([]);
    expect(onNx("8.2.1.9", { module: "p3668-0003" })).toEqual([]);
    expect(onNx("8.2.1", { module: "p3668-0003" })).toHaveLength(1);
  });

  it("needs the least memory of the larger module, to the byte", () => {
    const least = KNOWN_PAIRS.flatMap(({ product }) => product?.leastMemoryBytes ?? [])[0] ?? 0;
    const at = (totalBytes: number) => onNx("8.2.1.8", {}, is({ totalBytes, availableBytes: null })).length;
    expect([at(least - 1), at(least)]).toEqual([0, 1]);
  });

  it("names the GPU, not the module, where the pair is one of a GPU", () => {
    const facts = someXavier(
      { gpus: is([someTegraGpu({ chip: "GA10B", computeCapability: "8.7" })]), tensorrt: library("10.13.3.9") },
      { product: "AGX Orin", soc: "tegra234" },
    );
    const job = armJob({ gpuCode: "sm_87", trtVer: "10.13.3" });
    expect(findingsOf("compiler.trt-ver", { job, facts }).map(({ expected }) => expected)).toContain(
      "TensorRT that works on the GA10B (compute capability 8.7)",
    );
  });

  it("names the module by all that is known", () => {
    expect(onNx("8.2.1.8", { module: "p3668-0003" })[0]?.expected).toBe(
      "TensorRT that works on the Xavier NX p3668-0003 16 GB",
    );
    expect(onNx("8.2.1.8", {})[0]?.expected).toBe("TensorRT that works on the Xavier NX 16 GB");
  });
});
