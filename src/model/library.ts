import { type ElfDynamic, type ElfFile, type ElfHeader, type ElfSymbol, readElf, runPathFolders } from "../base/elf.js";
import { fileNameOf, parentOf } from "../base/paths.js";
import { acceleratorInBlob, gpuInBlob, tensorrtInBlob } from "./blob-evidence.js";
import type { Budget } from "./budget.js";
import { readGpuCode } from "./device-code.js";
import type { Evidence, FileEvidence, Linkage } from "./evidence.js";
import type { FileSlices } from "./file-slices.js";
import { gpuEvidence, type LocatedGpuCodes } from "./gpu-evidence.js";
import { cudaOfName, tensorrtOfName } from "./loaded-names.js";
import type { ModelFileKind } from "./model.js";
import { BLOB_SYMBOL, readTvmBlob, type TvmBlob } from "./tvm-blob.js";

const ET_DYN = 3;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const SHT_NOBITS = 8;
const GPU_SECTIONS = [".nv_fatbin", "__nv_relfatbin"];
const LIBRARY_NAME = /^[\x21-\x7e]{1,255}$/;
const RUNTIME_NAME = /^libdlr\.so(?:\.|$)/;
/** Symbols that TVM puts into every compiled model. */
const MODEL_SYMBOLS = ["__tvm_module_ctx", "__tvm_main__"];

/** Reads a library of a model; null if its ELF header or program headers are broken. */
export function readLibrary(path: string, slices: FileSlices, budget: Budget): FileEvidence | null {
  const elf = readElf(slices);
  if (elf === null) return null;
  const dynamic = elf.dynamic();
  const needed = (dynamic?.needed ?? []).filter((name) => LIBRARY_NAME.test(name));
  const problems = structureProblems(elf, dynamic, slices.sizeBytes);
  const blobSymbol = elf.symbol(BLOB_SYMBOL);
  const kind = kindOf(path, elf, dynamic, blobSymbol);
  const blob = kind === "COMPILED_MODEL" ? readBlob(slices, blobSymbol, budget, problems) : null;
  // A runtime's own kernels are built for any architecture: they say nothing about the model.
  const inSections = kind === "RUNTIME" ? [] : gpuInSections(elf, slices, budget, problems);
  const gpu = [...(blob === null ? [] : gpuInBlob(blob)), ...inSections].map(gpuEvidence);
  const isModelWithoutModules = kind === "COMPILED_MODEL" && blobSymbol === "absent" && problems.length === 0;
  if (slices.problem() !== null) problems.push(slices.problem() ?? "");
  return {
    path,
    kind,
    arch: { value: machineName(elf.header), place: "e_machine", how: "ELF", stated: true },
    accelerator: [
      ...gpu.flatMap(({ accelerator }) => accelerator),
      ...(blob === null ? [] : acceleratorInBlob(blob)),
      ...(isModelWithoutModules ? [NO_MODULES] : []),
      ...neededGpu(needed),
    ],
    tensorrt: [...(blob === null ? [] : tensorrtInBlob(blob)), ...neededVersions(needed, tensorrtOfName)],
    cuda: [...gpu.flatMap(({ cuda }) => cuda), ...neededVersions(needed, cudaOfName)],
    ptxIsas: gpu.flatMap(({ ptxIsas }) => ptxIsas),
    codes: gpu.flatMap(({ codes }) => codes),
    linkage: dynamic === null ? null : linkageOf(path, dynamic, needed),
    problems,
  };
}

/** TVM writes no blob if the whole model is CPU code. */
const NO_MODULES: Evidence<"CPU"> = { value: "CPU", place: `no ${BLOB_SYMBOL}`, how: "ELF", stated: false };

function kindOf(
  path: string,
  elf: ElfFile,
  dynamic: ElfDynamic | null,
  blobSymbol: ElfSymbol | "absent" | null,
): ModelFileKind {
  const name = fileNameOf(path);
  if (RUNTIME_NAME.test(name) || RUNTIME_NAME.test(dynamic?.soname ?? "")) return "RUNTIME";
  const isDefined = (symbol: ElfSymbol | "absent" | null) => symbol !== null && symbol !== "absent";
  const isModel = name === "compiled.so" || isDefined(blobSymbol);
  return isModel || MODEL_SYMBOLS.some((symbol) => isDefined(elf.symbol(symbol))) ? "COMPILED_MODEL" : "LIBRARY";
}

/** Reasons why what a library says may be incomplete. */
function structureProblems(elf: ElfFile, dynamic: ElfDynamic | null, sizeBytes: number): string[] {
  const loaded = elf.segments.filter(({ type }) => type === PT_LOAD);
  const end = Math.max(0, ...loaded.map((segment) => segment.offset + segment.sizeBytes));
  const problems = [];
  if (!(end <= sizeBytes)) problems.push(`it is truncated: it has ${sizeBytes} bytes, and should have ${end} or more`);
  // A static program loads nothing, and an object file is not loaded itself.
  const isDynamic = elf.header.type === ET_DYN || elf.segments.some(({ type }) => type === PT_DYNAMIC);
  if (dynamic === null && isDynamic)
    problems.push("what it loads cannot be read: its dynamic section is missing or broken");
  if (dynamic?.needed.some((name) => !LIBRARY_NAME.test(name)))
    problems.push("the name of a library that it loads is broken");
  return problems;
}

function readBlob(
  slices: FileSlices,
  symbol: ElfSymbol | "absent" | null,
  budget: Budget,
  problems: string[],
): TvmBlob | null {
  if (symbol === "absent") return null;
  if (symbol === null) {
    problems.push("its symbol table cannot be read, so its modules were not found");
    return null;
  }
  if (symbol.offset === null) {
    problems.push(`${BLOB_SYMBOL} is outside the file`);
    return null;
  }
  const blob = readTvmBlob(slices, symbol.offset, symbol.sizeBytes, budget);
  if (blob.problem !== null) problems.push(`${BLOB_SYMBOL}: ${blob.problem}`);
  return blob;
}

function gpuInSections(elf: ElfFile, slices: FileSlices, budget: Budget, problems: string[]): LocatedGpuCodes[] {
  const sections = elf.sections();
  if (sections === null) {
    problems.push("its section headers are missing or broken: GPU code in a section would not be found");
    return [];
  }
  return sections
    .filter(({ name, type, sizeBytes }) => GPU_SECTIONS.includes(name) && type !== SHT_NOBITS && sizeBytes > 0)
    .map(({ name, offset, sizeBytes }) => {
      const end = Math.min(offset + sizeBytes, slices.sizeBytes);
      const gpu = readGpuCode(slices, offset, end, budget);
      const cutOff = end < offset + sizeBytes ? "it is truncated" : null;
      const problem = gpu.problem ?? cutOff;
      if (problem !== null) problems.push(`${name}: ${problem}`);
      return { gpu, place: name, how: "FATBIN" };
    });
}

function neededVersions(needed: readonly string[], versionOf: (library: string) => string | null): Evidence[] {
  return needed.flatMap((library): Evidence[] => {
    const value = versionOf(library);
    return value === null ? [] : [{ value, place: `DT_NEEDED ${library}`, how: "NEEDED", stated: true }];
  });
}

/** A library that only machines with an NVIDIA GPU have. */
function neededGpu(needed: readonly string[]): Evidence<"NVIDIA">[] {
  const library = needed.find((name) => /^lib(?:nvinfer|cudart|cuda)\.so\./.test(name));
  if (library === undefined) return [];
  return [{ value: "NVIDIA", place: `DT_NEEDED ${library}`, how: "NEEDED", stated: false }];
}

function linkageOf(path: string, dynamic: ElfDynamic, needed: readonly string[]): Linkage {
  return {
    soname: dynamic.soname,
    needed,
    folders: runPathFolders(dynamic, parentOf(path)).map(normalized),
    versionNeeds: dynamic.versionNeeds.filter(({ library }) => LIBRARY_NAME.test(library)),
  };
}

/** The same folder without `.`, `..` and double slashes. */
function normalized(folder: string): string {
  const parts: string[] = [];
  for (const part of folder.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The name of e_machine: ARM64 and X86_64 as packaging jobs spell them. */
function machineName({ machine, bits, littleEndian }: ElfHeader): string {
  const name = MACHINES[machine] ?? `machine ${machine}`;
  if (machine === 183 || machine === 62) {
    if (bits === 32) return `${name}_32`;
    return littleEndian ? name : `${name}_BE`;
  }
  return name;
}

const MACHINES: Readonly<Record<number, string>> = {
  3: "X86",
  8: "MIPS",
  20: "PPC",
  21: "PPC64",
  22: "S390",
  40: "ARM",
  62: "X86_64",
  183: "ARM64",
  190: "CUDA",
  243: "RISCV",
  258: "LOONGARCH",
};
