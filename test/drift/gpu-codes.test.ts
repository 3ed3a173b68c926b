import { describe, expect, it } from "vitest";
import { fits, type GpuCode, gpusOf, parseCapability, parseGpuCode } from "../../src/drift/gpu-codes.js";
import { NONE, someFacts, someGpu, someTegraGpu, UNREADABLE } from "./builders.js";

const code = (text: string) => ({ ...(parseGpuCode(text) as GpuCode), kind: "CUBIN" as const });

describe("parseGpuCode", () => {
  it.each([
    ["sm_72", { major: 7, minor: 2, tegra: true, exact: false }],
    ["sm_90a", { major: 9, minor: 0, tegra: false, exact: true }],
    ["sm_101", { major: 11, minor: 0, tegra: true, exact: false }],
    ["sm_121", { major: 12, minor: 1, tegra: false, exact: false }],
  ])("reads %s", (text, parts) => {
    expect(parseGpuCode(text)).toEqual({ text, ...parts });
  });

  it.each([null, "", "sm_7", "my_sm_72", "sm_72x", "compute_72"])("reads nothing from %j", (text) => {
    expect(parseGpuCode(text)).toBeNull();
  });
});

describe("parseCapability", () => {
  it.each([null, "", "7", "v7.5", "7.5a", "7.52"])("reads nothing from %j", (text) => {
    expect(parseCapability(text)).toBeNull();
  });
});

describe("fits", () => {
  const unknown = { computeCapability: null };

  it("knows that a card runs no Jetson code, and not what a GPU is that could be either", () => {
    expect(fits(code("sm_72"), someGpu(unknown))).toBe("NO");
    expect(fits(code("sm_72"), someGpu({ ...unknown, pciId: null }))).toBe("UNKNOWN");
    expect(fits(code("sm_72"), someTegraGpu({ ...unknown, pciId: "10de:1eb8" }))).toBe("UNKNOWN");
  });

  it("asks for the very capability on every integrated GPU, also on one that no table knows", () => {
    expect(fits(code("sm_80"), someTegraGpu({ computeCapability: "8.9" }))).toBe("NO");
    expect(fits(code("sm_89"), someTegraGpu({ computeCapability: "8.9" }))).toBe("YES");
    expect(fits(code("sm_80"), someGpu({ computeCapability: "8.9" }))).toBe("YES");
  });
});

describe("gpusOf", () => {
  it("tells no GPUs from GPUs that could not be read", () => {
    expect(gpusOf(someFacts({ gpus: NONE }))).toEqual([]);
    expect(gpusOf(someFacts({ gpus: UNREADABLE }))).toBeNull();
  });
});
