import { describe, expect, it } from "vitest";
import {
  fits,
  fittingCode,
  type GpuArchitecture,
  gpusOf,
  type ModelCode,
  parseCapability,
  parseGpuArchitecture,
} from "../../src/drift/gpu-codes.js";
import { NONE, someFacts, someGpu, someTegraGpu, UNREADABLE } from "./builders.js";

const code = (text: string) => ({ ...(parseGpuArchitecture(text) as GpuArchitecture), kind: "CUBIN" as const });

describe("parseGpuArchitecture", () => {
  it.each([
    ["sm_72", { major: 7, minor: 2, tegra: true, exact: false }],
    ["sm_90a", { major: 9, minor: 0, tegra: false, exact: true }],
    ["sm_101", { major: 11, minor: 0, tegra: true, exact: false }],
    ["sm_121", { major: 12, minor: 1, tegra: false, exact: false }],
  ])("reads %s", (text, parts) => {
    expect(parseGpuArchitecture(text)).toEqual({ text, ...parts });
  });

  it.each([null, "", "sm_7", "my_sm_72", "sm_72x", "compute_72"])("reads nothing from %j", (text) => {
    expect(parseGpuArchitecture(text)).toBeNull();
  });
});

describe("parseCapability", () => {
  it.each([null, "", "7", "v7.5", "7.5a", "7.52"])("reads nothing from %j", (text) => {
    expect(parseCapability(text)).toBeNull();
  });
});

describe("fits", () => {
  const unknown = { computeCapability: null };

  it("knows that a card runs no Jetson code, and cannot tell for a GPU that could be either", () => {
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

describe("fits, of PTX", () => {
  const ptx = (text: string) => ({ ...code(text), kind: "PTX" as const });

  it("runs from its own architecture on, and cannot be judged on an unknown card", () => {
    const on = (text: string, computeCapability: string | null) => fits(ptx(text), someGpu({ computeCapability }));
    expect([on("sm_75", "7.0"), on("sm_75", "7.5"), on("sm_75", "8.0"), on("sm_75", "6.9")]).toEqual([
      "NO",
      "YES",
      "YES",
      "NO",
    ]);
    expect(on("sm_72", null)).toBe("UNKNOWN");
  });
});

describe("fittingCode", () => {
  const inFile = (text: string, kind: ModelCode["kind"], file = "a"): ModelCode => ({ ...code(text), kind, file });
  const chosen = (...codes: readonly ModelCode[]) => {
    const found = fittingCode(codes, someGpu());
    return found && `${found.text} ${found.kind}`;
  };

  it("prefers a cubin to PTX, and uses the newest PTX that the GPU translates", () => {
    expect(chosen(inFile("sm_61", "PTX"), inFile("sm_75", "CUBIN"))).toBe("sm_75 CUBIN");
    expect(chosen(inFile("sm_70", "PTX"), inFile("sm_61", "PTX"), inFile("sm_80", "PTX"))).toBe("sm_70 PTX");
    expect(chosen(inFile("sm_61", "PTX"), inFile("sm_70", "PTX"))).toBe("sm_70 PTX");
  });

  it("needs code of every file, and counts PTX of one for the whole model", () => {
    expect(chosen(inFile("sm_75", "CUBIN"), inFile("sm_70", "PTX", "b"))).toBe("sm_70 PTX");
    expect(chosen(inFile("sm_75", "CUBIN"), inFile("sm_70", "CUBIN", "b"))).toBe("sm_75 CUBIN");
    expect(chosen(inFile("sm_75", "CUBIN"), inFile("sm_80", "CUBIN", "b"))).toBeNull();
    expect(chosen()).toBeNull();
  });
});

describe("gpusOf", () => {
  it("distinguishes no GPUs from GPUs that could not be read", () => {
    expect(gpusOf(someFacts({ gpus: NONE }))).toEqual([]);
    expect(gpusOf(someFacts({ gpus: UNREADABLE }))).toBeNull();
  });
});
