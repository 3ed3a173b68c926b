import type { Arch } from "../device/facts.js";
import { cpuTarget, featuresOf } from "../device/tables/cpu-targets.js";
import { TEGRA_SOCS } from "../device/tables/tegra-socs.js";

/** Whether a compute capability is that of a Jetson's GPU; no card has the same. */
export function isTegraCapability(capability: string): boolean {
  return TEGRA_SOCS.some((row) => row.computeCapability === capability);
}

/** What code for a processor name needs; `arch` is null if any will do. Null for an unknown name. */
export function processor(name: string): { readonly arch: Arch | null; readonly features: readonly string[] } | null {
  const target = cpuTarget(name);
  if (target === null) return null;
  return { arch: target.arch === "ANY" ? null : target.arch, features: featuresOf(name) ?? [] };
}
