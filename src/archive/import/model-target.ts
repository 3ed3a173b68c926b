import { parseCompilerOptions } from "../../job/compiler-options.js";
import type { GreengrassConfiguration } from "../../job/wire.js";
import type { PackagedModel } from "../../model/model.js";
import { type ClaimedTarget, configurationOf } from "./component-target.js";
import { GPU_OPTIONS, type GpuOption, gpuOptionsOf, type ReadValue, statementLocation } from "./model-values.js";

/** The target of a packaged model's job, and what was guessed; or why no packaging job can have it. */
type ModelTarget =
  | { readonly configuration: GreengrassConfiguration; readonly guessed: readonly string[] }
  | { readonly refused: string };

/**
 * The target that a model was built for, according to its files; where they do not say, according to recipe and tags. If the two
 * differ, the difference is named and the files count: tags are written by hand.
 */
export function modelTarget(model: PackagedModel, claimed: ClaimedTarget): ModelTarget {
  const { arch } = model;
  if (arch !== null && arch.value !== "ARM64" && arch.value !== "X86_64") {
    return { refused: `is a packaged model for ${arch.value}, which no packaging job can name` };
  }
  const options = optionsFor(model, claimed);
  const target = targetFor(model, claimed, options.fromModel);
  if (target.value.TargetDevice === undefined && target.value.TargetPlatform === undefined && arch === null) {
    return { refused: `is a packaged model, but no file says what it was compiled for${unreadIn(model)}` };
  }
  return {
    configuration: configurationOf(target.value, options.text),
    guessed: [...target.guessed, ...options.guessed],
  };
}

interface Options {
  readonly text: string | null;
  readonly fromModel: boolean;
  readonly guessed: readonly string[];
}

/** All GPU options or none are taken from the files: a part of them would describe a job that was never started. */
function optionsFor(model: PackagedModel, claimed: ClaimedTarget): Options {
  const read = gpuOptionsOf(model);
  const missing = GPU_OPTIONS.flatMap((key) => {
    const found = read[key];
    return "missing" in found ? [`${key} (${found.missing})`] : [];
  });
  const { text, guessed } = claimed.options;
  const contradicted = contradictions(read, text);
  if (missing.length === 0) {
    return { text: JSON.stringify(valuesOf(read)), fromModel: true, guessed: [sourcesOf(read), ...contradicted] };
  }
  if (text !== null) return { text, fromModel: false, guessed: [...guessed, ...contradicted] };
  const why =
    model.accelerator?.value === "CPU"
      ? "mcpu and mattr leave no trace in compiled code"
      : `the model's files do not say ${missing.join(", ")}`;
  return { text: null, fromModel: false, guessed: [`CompilerOptions are absent: ${why}`] };
}

function valuesOf(read: Readonly<Record<GpuOption, ReadValue>>): Readonly<Record<string, string>> {
  const known = GPU_OPTIONS.map((key) => [key, read[key]] as const);
  return Object.fromEntries(known.flatMap(([key, found]) => ("value" in found ? [[key, found.value]] : [])));
}

function sourcesOf(read: Readonly<Record<GpuOption, ReadValue>>): string {
  const sources = GPU_OPTIONS.map((key) => {
    const found = read[key];
    return "value" in found ? `${key} from ${found.from}` : key;
  });
  return `CompilerOptions are what the model's files say: ${sources.join(", ")}`;
}

/** A sentence for each tag that says something else than the files. */
function contradictions(read: Readonly<Record<GpuOption, ReadValue>>, tags: string | null): readonly string[] {
  const { gpuCode, trtVer, cudaVer } = parseCompilerOptions(tags);
  const tagged = { "gpu-code": gpuCode, "trt-ver": trtVer, "cuda-ver": cudaVer };
  return GPU_OPTIONS.flatMap((key) => {
    const [found, tag] = [read[key], tagged[key]];
    if (!("value" in found) || tag === null || tag === found.value) return [];
    return [`the tag ${key} is ${tag}, but the model's files say ${found.value}: ${found.from}`];
  });
}

interface Target {
  readonly value: ClaimedTarget["target"];
  readonly guessed: readonly string[];
}

function targetFor(model: PackagedModel, claimed: ClaimedTarget, hasGpuOptions: boolean): Target {
  const { arch, accelerator } = model;
  const isGpu = gpuOf(model, hasGpuOptions);
  if (arch === null || isGpu === null) return { value: claimed.target, guessed: [claimed.guess, ...whyNot(model)] };
  const Accelerator = isGpu ? "NVIDIA" : undefined;
  const from = [`${arch.value} from ${statementLocation(model, arch)}`];
  if (accelerator !== null) from.push(`${accelerator.value} from ${statementLocation(model, accelerator)}`);
  const { TargetDevice: device, TargetPlatform: platform } = claimed.target;
  if (device !== undefined && arch.value === "ARM64" && isGpu) {
    return { value: { TargetDevice: device }, guessed: [claimed.guess] };
  }
  const guessed = [`TargetPlatform is what the model's files say: ${from.join(", ")}`];
  const other = device ?? (platform?.Arch === arch.value && platform?.Accelerator === Accelerator ? null : platform);
  if (other != null) guessed.push(`recipe and tags say otherwise: ${textOf(other)}`);
  return {
    value: { TargetPlatform: { Os: "LINUX", Arch: arch.value, ...(isGpu && { Accelerator: "NVIDIA" }) } },
    guessed,
  };
}

/** Whether the model needs a GPU, where its files are certain of it. */
function gpuOf({ accelerator }: PackagedModel, hasGpuOptions: boolean): boolean | null {
  if (accelerator?.confidence === "FIRM") return accelerator.value === "NVIDIA";
  return hasGpuOptions ? true : null;
}

function whyNot({ arch, accelerator }: PackagedModel): readonly string[] {
  if (arch === null) return ["the model's files do not say an architecture"];
  const how = accelerator === null ? "do not say" : `say not with certainty (${accelerator.value})`;
  return [`the model's files are for ${arch.value}, but ${how} whether it needs a GPU`];
}

function textOf(target: string | NonNullable<GreengrassConfiguration["TargetPlatform"]>): string {
  return typeof target === "string" ? target : `${target.Arch} ${target.Accelerator ?? "without accelerator"}`;
}

/** Why nothing could be read, where something is there. */
function unreadIn({ unread }: PackagedModel): string {
  const [first] = unread;
  return first === undefined ? "" : ` (${first.path}: ${first.why})`;
}
