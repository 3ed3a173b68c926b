import { printable } from "../base/text.js";
import { compareVersionTexts, sameAsFar } from "../base/version.js";
import { PATHS, type Requirements } from "../job/requirements.js";
import { CUDA_MINORS_SINCE } from "../model/loaded-names.js";
import type { GpuCode, ModelStatement, PackagedModel } from "../model/model.js";
import type { Severity } from "./finding.js";
import { type ModelCode, parseGpuArchitecture } from "./gpu-codes.js";

/** A requirement that the model's own files state. */
export interface ModelRequirement<T = string> {
  /** The path of the job's property that would state the same, as AWS spells it. */
  readonly path: string;
  readonly value: T;
  readonly basis: "MODEL";
  /** The files, and the locations in them. */
  readonly sources: readonly { readonly from: string; readonly value: string }[];
  /** Null if a difference is as severe as one from a job. */
  readonly limit: Limit | null;
}

/** Why a difference from the files is less severe than a difference from a job. */
export interface Limit {
  /** UNKNOWN: the files are not certain, so a difference proves nothing. */
  readonly gravest: Severity | "UNKNOWN";
  /** To follow the sentence. */
  readonly why: string;
}

/** What the files of a packaged model require of a machine; null if they do not state it. */
export interface ModelRequirements {
  readonly gpu: Requirements["gpu"];
  readonly os: ModelRequirement | null;
  readonly arch: ModelRequirement | null;
  readonly accelerator: ModelRequirement | null;
  readonly gpuCode: ModelRequirement | null;
  readonly codes: readonly ModelCode[];
  readonly cudaVer: ModelRequirement | null;
  readonly trtVer: ModelRequirement<readonly string[]> | null;
}

/** Why what only the bundled DLR needs is an ERROR at most, to follow a sentence. */
export const RUNTIME_ALONE =
  "only the runtime that comes with the model needs it, and the Edge Agent may bring its own";

const INFERRED: Limit = { gravest: "UNKNOWN", why: "the model's files tell it only indirectly" };
const DISPUTED: Limit = { gravest: "UNKNOWN", why: "the model's files contradict each other about it" };
const UNREAD: Limit = { gravest: "UNKNOWN", why: "not all of the model's files could be read" };
/** The Edge Agent may bring its own DLR, so what only the bundled one needs never keeps the model from running. */
const RUNTIME: Limit = { gravest: "ERROR", why: RUNTIME_ALONE };
const TOOLKIT: Limit = {
  gravest: "WARNING",
  why: "that is the toolkit that built it, and from CUDA 11 on its code is not bound to one release",
};

/** The requirements that the model's files state, each with the highest severity of a difference. */
export function requirementsOfModel(model: PackagedModel): ModelRequirements {
  const { arch, accelerator } = model;
  return {
    gpu: gpuNeed(accelerator),
    os: systemOf(model),
    arch: arch && requirement(PATHS.arch, arch.value, [arch]),
    accelerator: accelerator?.value === "NVIDIA" ? requirement(PATHS.accelerator, "NVIDIA", [accelerator]) : null,
    ...codesOf(model),
    cudaVer: cudaOf(model),
    trtVer: tensorrtOf(model),
  };
}

/**
 * "CPU" is stated only if the blob was read completely or compiled.meta says so; anything less certain leaves it open.
 */
function gpuNeed(accelerator: PackagedModel["accelerator"]): Requirements["gpu"] {
  if (accelerator?.confidence !== "FIRM") return "UNKNOWN";
  return accelerator.value === "NVIDIA" ? "NEEDED" : "NOT_NEEDED";
}

/** An ELF library that needs glibc is for Linux; another ELF library is only likely to be. */
function systemOf({ floors, arch }: PackagedModel): ModelRequirement | null {
  const { glibc } = floors;
  if (glibc !== null) return requirement(PATHS.os, "LINUX", [glibc]);
  return arch && limited(requirement(PATHS.os, "LINUX", [arch]), INFERRED);
}

/**
 * All the code in the files. In each file, any piece that runs is enough: the driver takes what matches its GPU. Parts
 * that were not read may hold some that matches.
 */
function codesOf(model: PackagedModel): Pick<ModelRequirements, "gpuCode" | "codes"> {
  const distinct = [...new Map(model.codes.map((one) => [textOf(one.value), one])).values()];
  const codes = model.codes.flatMap(({ value, path }) => {
    const code = parseGpuArchitecture(value.sm);
    return code === null ? [] : [{ ...code, kind: value.kind, file: path }];
  });
  if (distinct.length === 0) return { gpuCode: null, codes };
  const texts = distinct.map(({ value }) => textOf(value));
  const stated = distinct.map((one) => ({ ...one, value: textOf(one.value) }));
  const found = requirement(PATHS.gpuCode, texts.join(", "), stated);
  return { gpuCode: model.unread.length === 0 ? found : limited(found, UNREAD), codes };
}

/** `sm_72`, `sm_53 PTX` */
export function textOf({ kind, sm }: GpuCode): string {
  return kind === "PTX" ? `${sm} PTX` : sm;
}

/**
 * The toolkit that built the code, otherwise the runtime that is loaded. A job's cuda-ver means the toolkit's release,
 * but from CUDA 11 on its code also runs on other minors, so a difference is a warning at most.
 */
function cudaOf(model: PackagedModel): ModelRequirement | null {
  const built = model.cuda.filter(({ how }) => how !== "NEEDED");
  const [chosen] = newestFirst(built.length > 0 ? built : model.cuda);
  if (chosen === undefined) return null;
  const found = requirement(PATHS.cudaVer, chosen.value, [chosen]);
  const isToolkit = chosen.how !== "NEEDED" && Number(chosen.value.split(".")[0]) >= CUDA_MINORS_SINCE;
  return limited(found, isToolkit ? TOOLKIT : limitOf(model, chosen));
}

/** The version in the blob, otherwise the major in a library's name. */
function tensorrtOf(model: PackagedModel): ModelRequirement<readonly string[]> | null {
  const precise = model.tensorrt.filter(({ how }) => how !== "NEEDED");
  const [chosen] = newestFirst(precise.length > 0 ? precise : model.tensorrt);
  if (chosen === undefined) return null;
  // Versions of one major are interchangeable; of two majors nothing can be said with certainty.
  const agree = precise.every(({ value }) => sameAsFar(value.split(".")[0] ?? "", chosen.value.split(".")[0] ?? ""));
  const found = requirement<readonly string[]>(PATHS.trtVer, [chosen.value], [chosen]);
  return limited(found, agree ? limitOf(model, chosen) : DISPUTED);
}

function limitOf(model: PackagedModel, { how, path }: ModelStatement): Limit | null {
  return how === "NEEDED" && isRuntime(model, path) ? RUNTIME : null;
}

/** Whether a file is the inference runtime that comes with the model: libdlr.so. */
export function isRuntime({ files }: PackagedModel, path: string): boolean {
  return files.some((file) => file.path === path && file.kind === "RUNTIME");
}

/** A statement as evidence: `model /greengrass/…/compiled.so (e_machine)`, just as a job's is from `job …`. */
export function statementEvidence({ path, place, value }: ModelStatement): {
  readonly from: string;
  readonly value: string;
} {
  // Files in a package may have any name.
  return { from: printable(`model ${path} (${place})`), value };
}

/** One statement as a requirement. */
export function statedBy(path: string, statement: ModelStatement): ModelRequirement {
  return requirement(path, statement.value, [statement]);
}

function newestFirst(statements: readonly ModelStatement[]): readonly ModelStatement[] {
  return [...statements].sort((a, b) => compareVersionTexts(b.value, a.value));
}

function limited<T>(found: ModelRequirement<T>, limit: Limit | null): ModelRequirement<T> {
  return found.limit === null ? { ...found, limit } : found;
}

function requirement<T = string>(path: string, value: T, statements: readonly ModelStatement[]): ModelRequirement<T> {
  const disputed = statements.some(({ confidence }) => confidence === "DISPUTED");
  const firm = statements.every(({ confidence }) => confidence === "FIRM");
  return {
    path,
    value,
    basis: "MODEL",
    sources: statements.map(statementEvidence),
    limit: firm ? null : disputed ? DISPUTED : INFERRED,
  };
}
