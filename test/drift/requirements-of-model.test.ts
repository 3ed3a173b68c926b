import { describe, expect, it } from "vitest";
import {
  isRuntime,
  requirementsOfModel,
  statedBy,
  statementEvidence,
  textOf,
} from "../../src/drift/requirements-of-model.js";
import { COMPILED, code, RUNTIME, runtimeLoads, someModel, states, unreadModel } from "./model-builders.js";

const INFERRED = { confidence: "INFERRED" } as const;
const DISPUTED = { confidence: "DISPUTED" } as const;
const needed = (value: string, path = COMPILED) => states(value, "NEEDED", { path, place: "DT_NEEDED" });

describe("requirementsOfModel", () => {
  it("returns what firm statements require, with the files and places", () => {
    const found = requirementsOfModel(someModel());

    expect(found).toMatchObject({
      gpu: "NEEDED",
      os: { value: "LINUX", limit: null },
      arch: {
        path: "ModelPackagingConfiguration.Greengrass.TargetPlatform.Arch",
        value: "X86_64",
        basis: "MODEL",
        sources: [{ from: `model ${COMPILED} (e_machine)`, value: "X86_64" }],
        limit: null,
      },
      accelerator: { value: "NVIDIA", limit: null },
      gpuCode: { value: "sm_75", limit: null },
      codes: [{ text: "sm_75", kind: "CUBIN", file: COMPILED }],
      cudaVer: { value: "10.2", limit: null },
      trtVer: { value: ["7.1.3"], limit: null },
    });
  });

  it("returns nothing where nothing could be read", () => {
    expect(requirementsOfModel(unreadModel())).toEqual({
      gpu: "UNKNOWN",
      os: null,
      arch: null,
      accelerator: null,
      gpuCode: null,
      codes: [],
      cudaVer: null,
      trtVer: null,
    });
  });

  it("says whether the GPU is needed only where that is certain", () => {
    const gpu = (value: "NVIDIA" | "CPU", over = {}) =>
      requirementsOfModel(someModel({ accelerator: states(value, "BLOB", over) }));
    expect([gpu("NVIDIA").gpu, gpu("CPU").gpu]).toEqual(["NEEDED", "NOT_NEEDED"]);
    expect([gpu("NVIDIA", INFERRED).gpu, gpu("CPU", INFERRED).gpu]).toEqual(["UNKNOWN", "UNKNOWN"]);
    expect([gpu("NVIDIA", INFERRED).accelerator?.limit?.gravest, gpu("CPU").accelerator]).toEqual(["UNKNOWN", null]);
  });

  it("infers Linux from the C library that is needed; without it an ELF file makes Linux likely", () => {
    const floors = { glibc: null, glibcxx: null };
    expect(requirementsOfModel(someModel({ floors })).os).toMatchObject({
      value: "LINUX",
      limit: { gravest: "UNKNOWN", why: "the model's files tell it only indirectly" },
    });
    expect(requirementsOfModel(someModel({ floors, arch: null })).os).toBeNull();
  });

  it("keeps the graver reason where a statement is uncertain in itself", () => {
    const floors = { glibc: null, glibcxx: null };
    expect(requirementsOfModel(someModel({ floors, arch: states("X86_64", "ELF", DISPUTED) })).os?.limit).toMatchObject(
      {
        why: "the model's files contradict each other about it",
      },
    );
  });

  it("lists each code once, and every file's for the comparison", () => {
    const other = "/other/compiled.so";
    const found = requirementsOfModel(
      someModel({
        codes: [code("sm_75"), { ...code("sm_75"), path: other }, code("sm_75", "PTX"), code("not a code")],
      }),
    );
    expect(found.gpuCode?.value).toBe("sm_75, sm_75 PTX, not a code");
    expect(found.codes.map(({ text, kind, file }) => [text, kind, file])).toEqual([
      ["sm_75", "CUBIN", COMPILED],
      ["sm_75", "CUBIN", other],
      ["sm_75", "PTX", COMPILED],
    ]);
  });

  it("proves nothing against a GPU where not all files could be read", () => {
    const unread = [{ path: "/a", why: "EACCES" }];
    expect(requirementsOfModel(someModel({ unread })).gpuCode?.limit).toMatchObject({
      gravest: "UNKNOWN",
      why: "not all of the model's files could be read",
    });
  });

  it("shows the file that needs the C library, and its floor, behind the system", () => {
    expect(requirementsOfModel(someModel()).os?.sources).toEqual([
      { from: `model ${COMPILED} (.gnu.version_r)`, value: "2.17" },
    ]);
  });

  it("is as uncertain of several codes as of the least certain one", () => {
    const why = (...confidences: readonly ("FIRM" | "INFERRED" | "DISPUTED")[]) => {
      const codes = confidences.map((confidence, at) => ({ ...code(`sm_7${at}`), confidence }));
      return requirementsOfModel(someModel({ codes })).gpuCode?.limit?.why;
    };
    expect([why("FIRM", "FIRM"), why("FIRM", "INFERRED"), why("INFERRED", "DISPUTED")]).toEqual([
      undefined,
      "the model's files tell it only indirectly",
      "the model's files contradict each other about it",
    ]);
  });

  it("prefers the toolkit's CUDA to that of a loaded library, and the newest of several", () => {
    const cuda = (...statements: readonly ReturnType<typeof states<string>>[]) =>
      requirementsOfModel(someModel({ cuda: statements })).cudaVer;
    expect(cuda(needed("10.2"), states("10.1"))?.value).toBe("10.1");
    expect(cuda(states("10.1"), states("10.2"))?.value).toBe("10.2");
    expect(cuda(needed("10.1"), needed("10.2"))).toMatchObject({ value: "10.2", limit: null });
    expect(cuda(needed("10.2", RUNTIME))?.limit).toMatchObject({ gravest: "ERROR" });
  });

  it("binds code from CUDA 11 on to no release, but a library that is loaded to its own", () => {
    const limitOf = (statement: ReturnType<typeof states<string>>) =>
      requirementsOfModel(someModel({ cuda: [statement] })).cudaVer?.limit;
    expect(limitOf(states("11.2"))).toMatchObject({ gravest: "WARNING" });
    expect(limitOf(states("12.0"))).toMatchObject({ gravest: "WARNING" });
    expect(limitOf(states("10.2"))).toBeNull();
    expect(limitOf(needed("11"))).toBeNull();
    expect(limitOf(states("11.2", "BLOB", INFERRED))).toMatchObject({ gravest: "UNKNOWN" });
  });

  it("prefers the blob's TensorRT to a library's name, and the newest of several of one major", () => {
    const tensorrt = (...statements: readonly ReturnType<typeof states<string>>[]) =>
      requirementsOfModel(someModel({ tensorrt: statements })).trtVer;
    expect(tensorrt(needed("8"), states("7.1.3"))).toMatchObject({ value: ["7.1.3"], limit: null });
    expect(tensorrt(states("7.1.3"), states("7.2.3"))).toMatchObject({ value: ["7.2.3"], limit: null });
    expect(tensorrt(states("7.1.3"), states("8.2.1"))?.limit).toMatchObject({
      why: "the model's files contradict each other about it",
    });
    expect(tensorrt(needed("7", RUNTIME))?.limit).toMatchObject({ gravest: "ERROR" });
    expect(tensorrt(needed("7"))?.limit).toBeNull();
    expect(tensorrt()).toBeNull();
  });
});

describe("isRuntime", () => {
  it("knows the bundled runtime by its path and kind", () => {
    expect([isRuntime(someModel(), RUNTIME), isRuntime(someModel(), COMPILED), isRuntime(someModel(), "/x")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a statement", () => {
  it("is shown by its file and place, without control characters", () => {
    expect(statementEvidence({ ...runtimeLoads("libnvinfer.so.7"), path: "/a\u001b[31m" })).toEqual({
      from: expect.not.stringContaining("\u001b"),
      value: "libnvinfer.so.7",
    });
    expect(statedBy("p", runtimeLoads("libnvinfer.so.7"))).toMatchObject({ path: "p", value: "libnvinfer.so.7" });
    expect([textOf({ kind: "PTX", sm: "sm_72" }), textOf({ kind: "CUBIN", sm: "sm_72" })]).toEqual([
      "sm_72 PTX",
      "sm_72",
    ]);
  });
});
