import { describe, expect, it } from "vitest";
import type { Installed } from "../../src/device/facts.js";
import { judgeCuda } from "../../src/drift/cuda-versions.js";

const judge = (wanted: string, version: string, ...beside: Installed[]) => {
  const installed: Installed[] = [{ version, from: `/usr/lib/libcudart.so.${version}`, loadable: true }, ...beside];
  return judgeCuda(wanted, { version, installed });
};
const at = (version: string, loadable: boolean | null) => ({ version, from: `/opt/cuda-${version}`, loadable });

describe("judgeCuda", () => {
  it("says which of two unknowns keeps it from an answer", () => {
    expect(judge("10.2", "10")).toEqual({
      grade: "UNKNOWN",
      actual: "10",
      because: "The model needs CUDA 10.2, and of this machine's CUDA only 10 could be read",
    });
    const unsure = "The model needs CUDA 11.2, and 11.4.0 is installed, but whether the loader finds it is not known";
    expect(judge("11.2", "10.2.89", at("11.4.0", null))).toEqual({
      grade: "UNKNOWN",
      actual: "11.4.0",
      because: unsure,
    });
  });

  it.each([
    ["another minor up to CUDA 10", "10.0", "9.0.252", at("10.2.89", null)],
    ["another minor of the wanted one, up to CUDA 10", "10.2", "9.0.252", at("10.1.243", null)],
    ["another major", "11.2", "10.2.89", at("12.0.0", null)],
  ])("has no doubt when the loader might find %s", (_, wanted, version, other) => {
    expect(judge(wanted, version, other).grade).toBe("BLOCKING");
  });

  it("names the path of the wanted version that the loader does not find, and of no other", () => {
    expect(judge("10.2", "11.4.1", at("10.2.89", false)).because).toContain("installed (10.2.89 at /opt/cuda-10.2.89)");
    expect(judge("10.2", "11.4.1", at("9.0.252", false)).because).toBe(
      "The model needs CUDA 10.2, but this machine has 11.4.1",
    );
  });
});
