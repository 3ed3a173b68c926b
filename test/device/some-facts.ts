import type { Gpu, Reading } from "../../src/device/facts.js";

/** A reading that is known and firm. */
export function known<T>(value: T, from = "test"): Reading<T> {
  return { state: "known", value, from, confidence: "FIRM" };
}

/** A usable Tesla T4. */
export function someGpu(changed: Partial<Gpu> = {}): Gpu {
  return {
    integrated: false,
    name: "Tesla T4",
    pciId: "10de:1eb8",
    address: "0000:01:00.0",
    chip: "TU104",
    computeCapability: "7.5",
    boundTo: null,
    usable: true,
    ...changed,
  };
}
