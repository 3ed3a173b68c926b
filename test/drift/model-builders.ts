import fc from "fast-check";
import type { LoaderAnswer } from "../../src/device/loader-answers.js";
import type { GpuCode, ModelStatement, PackagedModel } from "../../src/model/model.js";

export const FOLDER = "/greengrass/v2/packages/artifacts-unarchived/bottle-model/1.0.0/model";
export const COMPILED = `${FOLDER}/compiled.so`;
export const RUNTIME = `${FOLDER}/libdlr.so`;

/** What a file of the model states, firmly. */
export function states<T>(
  value: T,
  how: ModelStatement["how"] = "BLOB",
  over: Partial<ModelStatement<T>> = {},
): ModelStatement<T> {
  return { value, path: COMPILED, place: "__tvm_dev_mblob", how, confidence: "FIRM", ...over };
}

/** A library that the bundled runtime loads. */
export function runtimeLoads(soname: string): ModelStatement {
  return states(soname, "NEEDED", { path: RUNTIME, place: "DT_NEEDED" });
}

export function code(sm: string, kind: GpuCode["kind"] = "CUBIN"): ModelStatement<GpuCode> {
  return states<GpuCode>({ kind, sm });
}

/** The files of the T4 package that someJob describes. */
export function someModel(changes: Partial<PackagedModel> = {}): PackagedModel {
  return {
    component: "bottle-model",
    version: "1.0.0",
    folders: [FOLDER],
    files: [
      { path: COMPILED, kind: "COMPILED_MODEL" },
      { path: RUNTIME, kind: "RUNTIME" },
    ],
    arch: states("X86_64", "ELF", { place: "e_machine" }),
    accelerator: states<"NVIDIA" | "CPU">("NVIDIA"),
    tensorrt: [states("7.1.3")],
    cuda: [states("10.2")],
    ptxIsa: null,
    codes: [code("sm_75")],
    loads: [states("libc.so.6", "NEEDED", { place: "DT_NEEDED" }), runtimeLoads("libnvinfer.so.7")],
    floors: { glibc: states("2.17", "NEEDED", { place: ".gnu.version_r" }), glibcxx: null },
    unread: [],
    ...changes,
  };
}

/** The files of a package for an AGX Xavier. */
export function xavierModel(changes: Partial<PackagedModel> = {}): PackagedModel {
  return someModel({ arch: states("ARM64", "ELF"), codes: [code("sm_72")], ...changes });
}

/** Files that could not be read at all. */
export function unreadModel(changes: Partial<PackagedModel> = {}): PackagedModel {
  return someModel({
    files: [],
    arch: null,
    accelerator: null,
    tensorrt: [],
    cuda: [],
    codes: [],
    loads: [],
    floors: { glibc: null, glibcxx: null },
    unread: [{ path: FOLDER, why: "EACCES" }],
    ...changes,
  });
}

/** The loader's answers: what is named here is missing, everything else that the model loads is found. */
export function answersFor(model: PackagedModel, ...missing: readonly string[]): readonly LoaderAnswer[] {
  return [...new Set(model.loads.map(({ value }) => value))].map((soname) =>
    missing.includes(soname)
      ? { soname, state: "MISSING", path: null, why: "the loader's cache does not have it" }
      : { soname, state: "FOUND", path: `/usr/lib/${soname}`, why: null },
  );
}

const text = fc.oneof(
  fc.constantFrom("10.2", "8.2.1", "11", "7", "ARM64", "X86_64", "libnvinfer.so.7", "x", ""),
  fc.string(),
);

function statement<T>(value: fc.Arbitrary<T>): fc.Arbitrary<ModelStatement<T>> {
  return fc.record({
    value,
    path: fc.oneof(fc.constantFrom(COMPILED, RUNTIME), text),
    place: text,
    how: fc.constantFrom("NEEDED", "BLOB", "BLOB_SCAN", "FATBIN", "META", "ELF"),
    confidence: fc.constantFrom("FIRM", "INFERRED", "DISPUTED"),
  });
}

/** Any statements at all, sensible or not. */
export const anyModel: fc.Arbitrary<PackagedModel> = fc.record({
  component: fc.option(text),
  version: fc.option(text),
  folders: fc.array(text, { maxLength: 2 }),
  files: fc.array(fc.record({ path: text, kind: fc.constantFrom("RUNTIME" as const, "COMPILED_MODEL" as const) })),
  arch: fc.option(statement(text)),
  accelerator: fc.option(statement(fc.constantFrom("NVIDIA" as const, "CPU" as const))),
  tensorrt: fc.array(statement(text), { maxLength: 3 }),
  cuda: fc.array(statement(text), { maxLength: 3 }),
  ptxIsa: fc.option(statement(fc.oneof(fc.constantFrom("6.5", "7.8", "9.9"), text))),
  codes: fc.array(
    statement(
      fc.record({
        kind: fc.constantFrom("CUBIN" as const, "PTX" as const),
        sm: fc.oneof(fc.constantFrom("sm_72", "sm_53"), text),
      }),
    ),
    { maxLength: 3 },
  ),
  loads: fc.array(statement(text), { maxLength: 4 }),
  floors: fc.record({ glibc: fc.option(statement(text)), glibcxx: fc.option(statement(text)) }),
  unread: fc.array(fc.record({ path: text, why: text }), { maxLength: 2 }),
});

export const anyAnswer: fc.Arbitrary<LoaderAnswer> = fc.record({
  soname: text,
  state: fc.constantFrom("FOUND", "MISSING", "UNKNOWN"),
  path: fc.option(text),
  why: fc.option(text),
});
