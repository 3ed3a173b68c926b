import type { DeviceFacts, Gpu } from "../device/facts.js";
import { known } from "../device/facts.js";
import { isTegraCapability } from "./tables.js";

/** A GPU architecture that code was compiled for. */
export interface GpuArchitecture {
  /** `sm_72` */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  /** Made for a Jetson's GPU. */
  readonly tegra: boolean;
  /** Architecture-specific code (`sm_90a`) runs on that capability alone. */
  readonly exact: boolean;
}

/**
 * Code in a package: a cubin runs as it is; PTX is translated on the device, for its own architecture and newer ones.
 */
export interface ModelCode extends GpuArchitecture {
  readonly kind: "CUBIN" | "PTX";
  /** The file that holds it; null if a job names it. */
  readonly file: string | null;
}

/** `sm_72`, `sm_110`, `sm_90a`; null for anything else. `sm_101`, Thor's name in CUDA 12.8 and 12.9, is `sm_110`. */
export function parseGpuArchitecture(text: string | null): GpuArchitecture | null {
  const form = /^sm_(\d{1,2})(\d)([af]?)$/.exec(text ?? "");
  if (!form) return null;
  const renamed = form[1] === "10" && form[2] === "1";
  const major = renamed ? 11 : Number(form[1]);
  const minor = renamed ? 0 : Number(form[2]);
  return { text: form[0], major, minor, tegra: isTegraCapability(`${major}.${minor}`), exact: form[3] === "a" };
}

/** Whether the code runs on this GPU: NO and YES are certain, UNKNOWN means that no table knows the GPU. */
export function fits(code: Omit<ModelCode, "file">, gpu: Gpu): "YES" | "NO" | "UNKNOWN" {
  const capability = parseCapability(gpu.computeCapability);
  if (capability === null) {
    // A card is never a Jetson's GPU, whatever its compute capability.
    return code.kind === "CUBIN" && code.tegra && !gpu.integrated && gpu.pciId !== null ? "NO" : "UNKNOWN";
  }
  if (code.kind === "PTX" && !code.exact) return isAtLeast(capability, code) ? "YES" : "NO";
  const tegra = gpu.integrated || isTegraCapability(`${capability.major}.${capability.minor}`);
  const equal = code.major === capability.major && code.minor === capability.minor;
  // Binary compatibility within a major holds for desktop GPUs only (CUDA C++ programming guide).
  if (code.tegra || tegra || code.exact) return equal ? "YES" : "NO";
  return code.major === capability.major && capability.minor >= code.minor ? "YES" : "NO";
}

/** A compute capability's two numbers; null for any other text. Thor is 11.0, even if it calls itself 10.1. */
export function parseCapability(text: string | null): Capability | null {
  const form = /^(\d{1,2})\.(\d)$/.exec(text ?? "");
  if (!form) return null;
  if (text === "10.1") return { major: 11, minor: 0 };
  return { major: Number(form[1]), minor: Number(form[2]) };
}

/** The machine's NVIDIA GPUs; null if they could not be read. */
export function gpusOf(facts: DeviceFacts): readonly Gpu[] | null {
  return facts.gpus.state === "absent" ? [] : known(facts.gpus);
}

/** The usable GPU that the model's code runs on, the first in order of address; null if none is known to run it. */
export function fittingGpu(codes: readonly ModelCode[], facts: DeviceFacts): Gpu | null {
  return fittingPair(codes, facts)?.gpu ?? null;
}

/** That GPU, and the code that it would run. */
export function fittingPair(
  codes: readonly ModelCode[],
  facts: DeviceFacts,
): { readonly gpu: Gpu; readonly code: ModelCode } | null {
  for (const gpu of gpusOf(facts) ?? []) {
    const code = gpu.usable ? fittingCode(codes, gpu) : null;
    if (code !== null) return { gpu, code };
  }
  return null;
}

/**
 * The code that a GPU would run; null if it does not run all of the model. Each file of a model, one per stage, must
 * have code for it. A cubin that matches comes before any PTX, as in NVIDIA's driver. PTX in one file counts as PTX for
 * the whole model.
 */
export function fittingCode(codes: readonly ModelCode[], gpu: Gpu): ModelCode | null {
  const chosen = [...new Set(codes.map(({ file }) => file))].map((file) => {
    const fitting = codes.filter((code) => code.file === file && fits(code, gpu) === "YES");
    return fitting.find(({ kind }) => kind === "CUBIN") ?? newest(fitting);
  });
  if (chosen.includes(null)) return null;
  return chosen.find((code) => code?.kind === "PTX") ?? chosen[0] ?? null;
}

function newest(codes: readonly ModelCode[]): ModelCode | null {
  return codes.reduce<ModelCode | null>((best, code) => (best === null || isAtLeast(code, best) ? code : best), null);
}

interface Capability {
  readonly major: number;
  readonly minor: number;
}

function isAtLeast(one: Capability, other: Capability): boolean {
  return one.major > other.major || (one.major === other.major && one.minor >= other.minor);
}
