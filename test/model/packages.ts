import { readModel } from "../../src/model/read-model.js";
import { sharedObject } from "../base/elf-bytes.js";
import { type FakeTree, fakeHost } from "../device/fake-host.js";
import { type BlobModule, blobBytes, tensorrtGraph } from "./blob-bytes.js";
import { material } from "./slices.js";

/** A folder of the package store. */
export const PACKAGE = "/greengrass/v2/packages/artifacts-unarchived/com.example.Caps/1.2.0/caps";

/** PTX that NVRTC of CUDA 10.2 would write for a Xavier. */
export const PTX_102 = Buffer.from(
  material("kernel.ptx")
    .toString()
    .replace("release 11.8, V11.8.89", "release 10.2, V10.2.89")
    .replace(".version 7.8", ".version 6.5")
    .replace(".target sm_53", ".target sm_72"),
);

/** A compiled model as the compiler links it. */
export function compiledSo(
  modules: readonly BlobModule[] | null = gpuModules(),
  { machine = 183, needed = ["libc.so.6"] }: { readonly machine?: number; readonly needed?: readonly string[] } = {},
): Uint8Array {
  const context = { __tvm_module_ctx: Buffer.alloc(8) };
  const symbols = modules === null ? context : { ...context, __tvm_dev_mblob: blobBytes(modules) };
  return withSectionHeaders(
    sharedObject({ machine, needed, symbols, versionNeeds: [{ library: "libc.so.6", versions: ["GLIBC_2.17"] }] }),
  );
}

/** The modules of a model for TensorRT and one kernel of TVM's own. */
export function gpuModules(version: readonly [string, string, string] = ["7", "1", "3"]): readonly BlobModule[] {
  return [
    { kind: "metadata", weightBytes: [64] },
    { kind: "_lib" },
    { kind: "tensorrt", graph: tensorrtGraph(version) },
    { kind: "cuda", code: PTX_102 },
    { kind: "_import_tree", children: [[1], [2, 3], [], []] },
  ];
}

/** The runtime of a package for JetPack 4. */
export function libdlr(needed: readonly string[] = ["libnvinfer.so.7", "libcudart.so.10.2"]): Uint8Array {
  return withSectionHeaders(
    sharedObject({
      machine: 183,
      soname: "libdlr.so",
      needed: [...needed, "libstdc++.so.6", "libc.so.6"],
      versionNeeds: [
        { library: "libstdc++.so.6", versions: ["GLIBCXX_3.4.21", "GLIBCXX_3.4.22"] },
        { library: "libc.so.6", versions: ["GLIBC_2.17", "GLIBC_2.27"] },
      ],
    }),
  );
}

/** The same file with a table of section headers: an empty one and one for names. */
export function withSectionHeaders(file: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(file.length + 2 * 64 + 8);
  bytes.set(file);
  bytes.writeBigUInt64LE(BigInt(file.length), 40);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(2, 60);
  bytes.writeUInt16LE(1, 62);
  bytes.writeBigUInt64LE(BigInt(file.length + 128), file.length + 64 + 24);
  return bytes;
}

/** compiled.meta of a model for a GPU or a CPU. */
export function compiledMeta(type: string): string {
  return JSON.stringify({ Requirements: { TargetDevice: "JETSON_XAVIER", TargetDeviceType: type }, Model: {} });
}

/** manifest.json of a package with these stages. */
export function manifest(...stages: readonly string[]): string {
  return JSON.stringify({ model_graph: { stages: stages.map((type) => ({ type, threshold: 0.5 })) } });
}

/** An ordinary package for a Xavier. */
export function xavierPackage(changes: FakeTree = {}): FakeTree {
  return {
    [`${PACKAGE}/manifest.json`]: manifest("model"),
    [`${PACKAGE}/model/compiled.so`]: compiledSo(),
    [`${PACKAGE}/model/libdlr.so`]: libdlr(),
    [`${PACKAGE}/model/compiled.meta`]: compiledMeta("gpu"),
    [`${PACKAGE}/model/compiled.params`]: "weights",
    [`${PACKAGE}/model/dlr.h`]: "// header",
    ...changes,
  };
}

/** Reads the package of a tree. */
export function readPackage(tree: FakeTree, folder = PACKAGE) {
  return readModel(fakeHost(tree), [folder], undefined, () => 0);
}
