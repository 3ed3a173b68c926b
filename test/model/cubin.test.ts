import { describe, expect, it } from "vitest";
import { cubinSm } from "../../src/model/cubin.js";
import { material } from "./slices.js";

describe("cubinSm", () => {
  it.each([
    ["kernel.sm_72.cubin", 72],
    ["kernel.sm_75.cubin", 75],
    ["kernel.sm_90.abi8.cubin", 90],
  ])("reads the architecture of %s", (name, sm) => {
    expect(cubinSm(material(name).subarray(0, 64))).toBe(sm);
  });

  it("is null for a library of the machine, for less than a header, and for a file that is not ELF", () => {
    expect(cubinSm(material("arm64/compiled.so"))).toBeNull();
    expect(cubinSm(material("kernel.sm_72.cubin").subarray(0, 40))).toBeNull();
    expect(cubinSm(material("kernel.ptx"))).toBeNull();
  });
});
