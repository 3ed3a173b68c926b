import { printable } from "../base/text.js";
import type { PackagingJob } from "../job/job.js";
import { type Requirement, type Requirements, requirementsOf } from "../job/requirements.js";
import type { PackagedModel } from "../model/model.js";
import { type ModelCode, parseGpuArchitecture } from "./gpu-codes.js";
import { type ModelRequirement, requirementsOfModel } from "./requirements-of-model.js";

/** A requirement of the job or, where the job does not state it, of the model's files. */
export type Need<T = string> = Requirement<T> | ModelRequirement<T>;

/** What the packaged model requires of a machine; null if nothing states it. */
export interface Needs {
  readonly gpu: Requirements["gpu"];
  readonly os: Need | null;
  readonly arch: Need | null;
  readonly accelerator: Need | null;
  readonly device: Requirement | null;
  /** For people: `sm_72`, or all the code in the files: `sm_72, sm_53 PTX`. */
  readonly gpuCode: Need | null;
  /** The code behind it; in each file, one that runs is enough. Empty if it is unknown or cannot be parsed. */
  readonly codes: readonly ModelCode[];
  readonly cudaVer: Need | null;
  readonly trtVer: Need<readonly string[]> | null;
  readonly mcpu: Requirement | null;
  readonly mattr: Requirement<readonly string[]> | null;
}

/** A packaged model, by its description and by its own files; null for what is missing. */
export interface Subject {
  readonly job: PackagingJob | null;
  readonly model: PackagedModel | null;
}

/** Requirements that only a description can state: the model's files do not. */
const NO_DESCRIPTION: Requirements = {
  gpu: "UNKNOWN",
  os: null,
  arch: null,
  accelerator: null,
  device: null,
  gpuCode: null,
  cudaVer: null,
  trtVer: null,
  mcpu: null,
  mattr: null,
};

/**
 * If the job states a requirement, it counts; otherwise, or without a job, what the model's files state counts.
 * Anything beyond that, and differences between the two, are for model.agrees.
 */
export function needsOf({ job, model }: Subject): Needs {
  const stated = job === null ? NO_DESCRIPTION : requirementsOf(job);
  const built = model === null ? null : requirementsOfModel(model);
  const gpuCode = stated.gpuCode ?? built?.gpuCode ?? null;
  return {
    gpu: stated.gpu === "UNKNOWN" && built !== null ? built.gpu : stated.gpu,
    os: stated.os ?? built?.os ?? null,
    arch: stated.arch ?? built?.arch ?? null,
    accelerator: stated.accelerator ?? built?.accelerator ?? null,
    device: stated.device,
    gpuCode,
    codes: gpuCode?.basis === "MODEL" ? (built?.codes ?? []) : codesOf(gpuCode?.value ?? null),
    cudaVer: stated.cudaVer ?? built?.cudaVer ?? null,
    trtVer: stated.trtVer ?? built?.trtVer ?? null,
    mcpu: stated.mcpu,
    mattr: stated.mattr,
  };
}

/** The code that the job says the package was compiled for. */
function codesOf(text: string | null): readonly ModelCode[] {
  const code = parseGpuArchitecture(text);
  return code === null ? [] : [{ ...code, kind: "CUBIN", file: null }];
}

/** The model's name for people: its job, otherwise its component. */
export function labelOf({ job, model }: Subject): string {
  return job?.name ?? job?.component.name ?? componentIn(model) ?? "without a name";
}

/** The component that a model's files belong to, made safe to show: a folder may have any name. */
export function componentIn(model: PackagedModel | null): string | null {
  return model?.component == null ? null : printable(model.component);
}
