import { describe, expect, it } from "vitest";
import type { ModelStatement } from "../../src/model/model.js";
import { readModel } from "../../src/model/read-model.js";
import { type Entry, fakeHost } from "../device/fake-host.js";
import { tensorrtGraph } from "./blob-bytes.js";
import {
  compiledMeta,
  compiledSo,
  gpuModules,
  libdlr,
  manifest,
  PACKAGE,
  readPackage,
  xavierPackage,
} from "./packages.js";
import { material } from "./slices.js";

const short = <Value>({ value, how, confidence }: ModelStatement<Value>) => ({ value, how, confidence });
const CPU_MODULES = [
  { kind: "const_loader", weightBytes: [64] },
  { kind: "_lib" },
  { kind: "_import_tree", children: [[1], []] },
] as const;

describe("readModel", () => {
  it("returns what was built for an ordinary package, and where each value is", () => {
    const model = readPackage(xavierPackage());

    const compiled = `${PACKAGE}/model/compiled.so`;
    const dlr = `${PACKAGE}/model/libdlr.so`;
    const firm = { confidence: "FIRM" } as const;
    const cuda = { path: compiled, place: "__tvm_dev_mblob, module cuda", how: "BLOB", ...firm } as const;
    const needed = { path: dlr, place: "DT_NEEDED", how: "NEEDED", ...firm } as const;
    expect(model).toEqual({
      component: "com.example.Caps",
      version: "1.2.0",
      folders: [PACKAGE],
      files: [
        { path: `${PACKAGE}/manifest.json`, kind: "MANIFEST" },
        { path: `${PACKAGE}/model/compiled.meta`, kind: "META" },
        { path: `${PACKAGE}/model/compiled.params`, kind: "PARAMETERS" },
        { path: compiled, kind: "COMPILED_MODEL" },
        { path: `${PACKAGE}/model/dlr.h`, kind: "OTHER" },
        { path: dlr, kind: "RUNTIME" },
      ],
      arch: { value: "ARM64", path: compiled, place: "e_machine", how: "ELF", ...firm },
      accelerator: {
        value: "NVIDIA",
        path: `${PACKAGE}/model/compiled.meta`,
        place: "Requirements.TargetDeviceType",
        how: "META",
        ...firm,
      },
      tensorrt: [
        { value: "7.1.3", path: compiled, place: "__tvm_dev_mblob, module tensorrt", how: "BLOB", ...firm },
        { ...needed, value: "7", place: "DT_NEEDED libnvinfer.so.7" },
      ],
      cuda: [
        { ...cuda, value: "10.2" },
        { ...needed, value: "10.2", place: "DT_NEEDED libcudart.so.10.2" },
      ],
      ptxIsa: { ...cuda, value: "6.5" },
      codes: [{ ...cuda, value: { kind: "PTX", sm: "sm_72" } }],
      loads: [
        { ...needed, path: compiled, value: "libc.so.6" },
        { ...needed, value: "libnvinfer.so.7" },
        { ...needed, value: "libcudart.so.10.2" },
        { ...needed, value: "libstdc++.so.6" },
        { ...needed, value: "libc.so.6" },
      ],
      floors: {
        glibc: { value: "2.27", path: dlr, place: ".gnu.version_r, libc.so.6", how: "ELF", ...firm },
        glibcxx: { value: "3.4.22", path: dlr, place: ".gnu.version_r, libstdc++.so.6", how: "ELF", ...firm },
      },
      unread: [],
    });
  });

  it("prefers the component's name from the caller to the folder's", () => {
    const named = { component: "com.example.Other", version: null };

    const { component, version } = readModel(fakeHost(xavierPackage()), [PACKAGE], named);

    expect({ component, version }).toEqual({ component: "com.example.Other", version: "1.2.0" });
  });

  it("recognises an ONNX package", () => {
    const model = readPackage({
      [`${PACKAGE}/manifest.json`]: manifest("model"),
      [`${PACKAGE}/model/model.onnx`]: "onnx",
    });

    expect(model.files.map(({ kind }) => kind)).toEqual(["MANIFEST", "ONNX"]);
    expect([model.arch, model.accelerator, model.unread]).toEqual([null, null, []]);
  });

  it("reads the GPU code of libraries, cubins, PTX and stand-alone fat binaries", () => {
    const tree = {
      "/m/arm64.so": material("arm64/libkernels.so"),
      "/m/k.cubin": material("kernel.sm_90.abi8.cubin"),
      "/m/k.ptx": material("kernel.ptx"),
      "/m/k.fatbin": material("kernel.lz4.fatbin"),
    };
    const codesOf = (path: string) =>
      readPackage(tree, path).codes.map(({ value: { kind, sm }, how }) => `${kind} ${sm} ${how}`);

    expect(codesOf("/m/arm64.so")).toEqual([
      "PTX sm_53 FATBIN",
      "CUBIN sm_72 FATBIN",
      "CUBIN sm_75 FATBIN",
      "CUBIN sm_90 FATBIN",
    ]);
    expect(codesOf("/m/k.cubin")).toEqual(["CUBIN sm_90 FATBIN"]);
    expect(codesOf("/m/k.ptx")).toEqual(["PTX sm_53 FATBIN"]);
    expect(codesOf("/m/k.fatbin")).toEqual(["PTX sm_53 FATBIN", "CUBIN sm_72 FATBIN", "CUBIN sm_75 FATBIN"]);
  });

  it.each(["arm64", "x86_64"])("reads what the linker made for %s, with either hash table", (arch) => {
    for (const name of ["compiled.so", "compiled.sysv-hash.so"]) {
      const model = readPackage({ "/m/compiled.so": material(`${arch}/${name}`) }, "/m");

      expect(model.arch?.value).toBe(arch.toUpperCase());
      expect(model.tensorrt.map(({ value }) => value)).toEqual(["7.1.3"]);
      expect(model.codes.map(({ value }) => value)).toEqual([{ kind: "PTX", sm: "sm_53" }]);
      expect(model.floors.glibc?.value).toBe("2.27");
      expect(model.unread).toEqual([]);
    }
  });

  it.each<[string, Entry, string]>([
    ["may not be read", { unreadable: "permission denied" }, "permission denied"],
    ["is empty", "", "it is empty"],
    ["is not a library", "#!/bin/sh", "it is not an ELF file"],
    ["is cut off in its header", compiledSo().subarray(0, 50), "its ELF header is broken or truncated"],
  ])("says why when the compiled library %s, and states nothing then", (_, entry, why) => {
    const path = `${PACKAGE}/model/compiled.so`;
    const model = readPackage(xavierPackage({ [path]: entry }));

    expect(model.unread).toEqual([{ path, why }]);
    expect(model.codes).toEqual([]);
    expect(model.arch).toMatchObject({ value: "ARM64", confidence: "INFERRED" });
  });

  it("reports a stage without files as missing, and why a folder cannot be listed", () => {
    const model = readPackage(
      xavierPackage({
        [`${PACKAGE}/manifest.json`]: manifest("model", "mask"),
        [`${PACKAGE}/secret`]: { unreadable: "permission denied" },
      }),
    );

    expect(model.unread).toEqual([
      { path: `${PACKAGE}/secret`, why: "permission denied" },
      { path: `${PACKAGE}/manifest.json`, why: 'it names the stage "mask", which has no files' },
    ]);
  });

  it("says that only unpacked files are read when a package is still packed", () => {
    const { unread } = readPackage({ [`${PACKAGE}/caps.zip`]: "PK" });

    expect(unread).toEqual([{ path: `${PACKAGE}/caps.zip`, why: "it is an archive: only unpacked files are read" }]);
  });

  it("says that GPU code may have been missed in a library without section headers", () => {
    const bytes = Buffer.from(material("arm64/libkernels.so"));
    bytes.fill(0, 40, 48).fill(0, 60, 64);

    const { codes, unread } = readPackage({ "/m/libkernels.so": bytes }, "/m");

    expect(codes).toEqual([]);
    expect(unread[0]?.why).toBe("its section headers are missing or broken: GPU code in a section would not be found");
  });

  it("reads the compiler's files before those of any number of other libraries", () => {
    const others = Object.fromEntries(Array.from({ length: 80 }, (_, at) => [`${PACKAGE}/a/lib${at}.so`, libdlr()]));

    const { codes, unread } = readPackage(xavierPackage(others));

    expect(codes).toHaveLength(1);
    expect(unread).toHaveLength(18);
    expect(new Set(unread.map(({ why }) => why))).toEqual(new Set(["more than 64 libraries"]));
  });

  it("stops after 2 s, and says what it left", () => {
    let now = 0;
    const model = readModel(fakeHost(xavierPackage()), [PACKAGE], undefined, () => {
      now += 400;
      return now;
    });

    expect(model.unread.some(({ why }) => why.startsWith("reading took longer than 2 s"))).toBe(true);
  });
});

describe("the accelerator", () => {
  const modules = (kinds: Parameters<typeof compiledSo>[0], meta: string | null) =>
    short(
      readPackage({
        [`${PACKAGE}/model/compiled.so`]: compiledSo(kinds),
        ...(meta === null ? {} : { [`${PACKAGE}/model/compiled.meta`]: compiledMeta(meta) }),
      }).accelerator ?? { value: null, path: "", place: "", how: "ELF", confidence: "FIRM" },
    );

  it("is the CPU when all modules are known and none is for a GPU", () => {
    expect(modules(CPU_MODULES, null)).toEqual({ value: "CPU", how: "BLOB", confidence: "FIRM" });
  });

  it("is inferred to be the CPU where the compiler wrote no modules at all", () => {
    expect(modules(null, null)).toEqual({ value: "CPU", how: "ELF", confidence: "INFERRED" });
  });

  it("is unknown where a module is not known, unless compiled.meta says it", () => {
    const unknown = [{ kind: "other", name: "opencl", body: Buffer.alloc(100) }] as const;

    expect(modules(unknown, null).value).toBeNull();
    expect(modules(unknown, "cpu")).toEqual({ value: "CPU", how: "META", confidence: "FIRM" });
  });

  it("is disputed where modules and compiled.meta disagree", () => {
    expect(modules(gpuModules(), "cpu")).toMatchObject({ value: "NVIDIA", confidence: "DISPUTED" });
    expect(modules(CPU_MODULES, "gpu")).toMatchObject({ value: "NVIDIA", confidence: "DISPUTED" });
  });

  it("is not disputed by a runtime or a library that could use a GPU", () => {
    const tree = {
      [`${PACKAGE}/compiled.so`]: compiledSo(CPU_MODULES),
      [`${PACKAGE}/libdlr.so`]: libdlr(),
      [`${PACKAGE}/libnvjpeg.so.11`]: material("arm64/libkernels.so"),
    };

    expect(short(readPackage(tree).accelerator as ModelStatement)).toEqual({
      value: "CPU",
      how: "BLOB",
      confidence: "FIRM",
    });
  });
});

describe("several stages", () => {
  const stages = (first: Uint8Array, second: Uint8Array) =>
    readPackage({
      [`${PACKAGE}/manifest.json`]: manifest("mask", "model"),
      [`${PACKAGE}/mask/compiled.so`]: first,
      [`${PACKAGE}/model/compiled.so`]: second,
    });

  it("need what any of them needs", () => {
    const model = stages(compiledSo(CPU_MODULES), compiledSo());

    expect(model.accelerator).toMatchObject({
      value: "NVIDIA",
      path: `${PACKAGE}/model/compiled.so`,
      confidence: "FIRM",
    });
    expect(model.tensorrt.map(short)).toEqual([{ value: "7.1.3", how: "BLOB", confidence: "FIRM" }]);
    expect(model.unread).toEqual([]);
  });

  it("are disputed when they cannot both run", () => {
    const model = stages(compiledSo(gpuModules(["8", "2", "1"])), compiledSo());
    const other = stages(compiledSo(), compiledSo(gpuModules(), { machine: 62 }));

    expect(model.tensorrt.map(({ value, confidence }) => `${value} ${confidence}`)).toEqual([
      "8.2.1 DISPUTED",
      "7.1.3 DISPUTED",
    ]);
    expect(other.arch).toMatchObject({ value: "ARM64", confidence: "DISPUTED" });
  });

  it("are not said to run on the CPU where one of them is not known", () => {
    const unknown = compiledSo([{ kind: "other", name: "opencl", body: Buffer.alloc(100) }]);

    expect(stages(compiledSo(CPU_MODULES), unknown).accelerator).toBeNull();
  });
});

describe("TensorRT 6.0.1, the compiler's default", () => {
  const versions = (needed: readonly string[]) =>
    readPackage({
      [`${PACKAGE}/compiled.so`]: compiledSo([{ kind: "tensorrt", graph: tensorrtGraph(["6", "0", "1"]) }]),
      [`${PACKAGE}/libdlr.so`]: libdlr(needed),
    }).tensorrt.map(({ value, confidence }) => `${value} ${confidence}`);

  it("is not stated when a library of another major is loaded", () => {
    expect(versions(["libnvinfer.so.7"])).toEqual(["7 FIRM"]);
  });

  it("is certain when that major is loaded, and inferred otherwise", () => {
    expect(versions(["libnvinfer.so.6"])).toEqual(["6.0.1 FIRM", "6 FIRM"]);
    expect(versions([])).toEqual(["6.0.1 INFERRED"]);
  });
});

describe("what a model brings itself", () => {
  it("is not required of the machine", () => {
    const model = readPackage({
      [`${PACKAGE}/model/compiled.so`]: compiledSo(gpuModules(), {
        needed: ["libdlr.so", "libextra.so.1", "libc.so.6"],
      }),
      [`${PACKAGE}/model/libdlr.so`]: libdlr(),
      [`${PACKAGE}/model/libextra.so.1`]: libdlr([]),
    });

    const own = model.loads.filter(({ path }) => path.endsWith("compiled.so")).map(({ value }) => value);
    expect(own).toEqual(["libc.so.6"]);
  });

  it("has GPU code of its own that is not the model's", () => {
    const tree = {
      [`${PACKAGE}/compiled.so`]: compiledSo(),
      [`${PACKAGE}/libnvjpeg.so.11`]: material("arm64/libkernels.so"),
    };
    const { codes, cuda } = readPackage(tree);

    expect(codes.map(({ value }) => value.sm)).toEqual(["sm_72"]);
    expect(cuda.map(({ value }) => value)).toEqual(["10.2"]);
  });

  it("has GPU code of its own that is not the model's where TensorRT does all the work", () => {
    const onlyTensorrt = compiledSo([{ kind: "tensorrt", graph: tensorrtGraph(["7", "1", "3"]) }]);
    const tree = {
      [`${PACKAGE}/compiled.so`]: onlyTensorrt,
      [`${PACKAGE}/libnvjpeg.so.11`]: material("arm64/libkernels.so"),
    };

    expect(readPackage(tree)).toMatchObject({ codes: [], cuda: [], ptxIsa: null, accelerator: { value: "NVIDIA" } });
  });

  it("never has the runtime's GPU code taken for the model's", () => {
    const { codes } = readPackage({ [`${PACKAGE}/libdlr.so`]: material("arm64/libkernels.so") });

    expect(codes).toEqual([]);
  });
});
