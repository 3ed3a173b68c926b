import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../../src/device/facts.js";
import { runsCuda } from "../../../src/drift/rules/l4t-driver.js";
import {
  armJob,
  findingsOf,
  fixesOf,
  is,
  library,
  someJetson,
  someTegraGpu,
  someXavier,
  tegraLibcuda,
  UNREADABLE,
} from "../builders.js";

const job = armJob({ cudaVer: "11.4", trtVer: "8.5.2" });
const container = (changes: Partial<DeviceFacts> = {}) =>
  someXavier({
    cuda: library("11.4.298"),
    tensorrt: library("8.5.2"),
    l4t: is("32.7.1"),
    container: is(true),
    ...changes,
  });
const on = (facts: DeviceFacts) => findingsOf("compiler.driver", { job, facts })[0];

describe("compiler.driver on a Jetson", () => {
  it("blocks a toolkit that is newer than the driver of L4T, as in a container for a later JetPack", () => {
    expect(on(container())).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
      expected: "an L4T driver for CUDA 11.4",
      actual: "CUDA 10.2 (L4T 32.7.1)",
      because:
        "The model needs CUDA 11.4, and the driver of L4T 32.7.1 runs CUDA up to 10.2, so CUDA calls it too old (error 35)",
    });
  });

  it("goes by a 4.x kernel where the container's own L4T is of a later JetPack", () => {
    const facts = container({ l4t: is("35.3.1"), kernelRelease: is("4.9.253-tegra") });
    expect(on(facts)).toMatchObject({
      severity: "BLOCKING",
      actual: "CUDA 10.2 (the JetPack that kernel 4.9.253-tegra belongs to, not L4T 35.3.1)",
    });
    expect(on(container({ l4t: is("35.3.1"), kernelRelease: is("5.10.104-tegra") }))?.outcome).toBe("NOT_APPLICABLE");
  });

  it("does not apply without the toolkit, or when L4T is not known", () => {
    expect(on(container({ cuda: library("10.2.300") }))?.outcome).toBe("NOT_APPLICABLE");
    expect(on(container({ l4t: is("99.1.0") }))?.outcome).toBe("NOT_APPLICABLE");
  });

  it("accepts the compatibility package that the loader finds, and is UNKNOWN where it is only installed", () => {
    const path = "/usr/local/cuda-11.8/compat/libcuda.so.1.1";
    expect(on(container({ libcuda: is(tegraLibcuda({ path, compat: true })) }))?.outcome).toBe("NOT_APPLICABLE");
    const libcuda = { ...is(tegraLibcuda()), seen: [{ from: path, value: "no version in its name" }] };
    expect(on(container({ libcuda }))).toMatchObject({ outcome: "UNKNOWN", because: expect.stringContaining(path) });
  });

  it("is fixed by the JetPack with that CUDA, and from JetPack 5 on by the compatibility package", () => {
    const fixes = (facts: DeviceFacts, cudaVer: string) =>
      fixesOf("compiler.driver", { job: armJob({ cudaVer, gpuCode: null, trtVer: "8.5.2" }), facts });
    expect(fixes(container(), "11.4")).toEqual(["JetPack 5.0.2 or later on the host of this container"]);
    const onHost = { l4t: is("35.3.1"), container: is(false), kernelRelease: is("5.10.104-tegra") };
    expect(fixes(container({ ...onHost, cuda: library("12.2.140") }), "12.2")).toEqual([
      expect.stringContaining("no JetPack for this chip (tegra194) has a driver for CUDA 12.2"),
    ]);
    const cuda = library("12.2.140");
    const orin = (changes: Partial<DeviceFacts>) =>
      container({
        gpus: is([someTegraGpu({ chip: "GA10B", computeCapability: "8.7" })]),
        jetson: is(someJetson({ soc: "tegra234", product: "AGX Orin", l4t: "35.3.1" })),
        ...{ ...onHost, cuda, ...changes },
      });
    expect(fixes(orin({}), "12.2")).toEqual([
      "JetPack 6.0 or later",
      "NVIDIA's compatibility package cuda-compat-12-2, its folder known to the loader",
    ]);
    expect(fixes(orin({ container: is(true) }), "12.2")).toEqual([
      "JetPack 6.0 or later on the host of this container",
    ]);
    expect(fixes(orin({ jetson: UNREADABLE }), "12.2")).toEqual([
      expect.stringContaining("no JetPack for this chip (unknown) has a driver for CUDA 12.2"),
    ]);
    expect(fixes(container({ container: is(false) }), "11.4")).toEqual(["JetPack 5.0.2 or later"]);
  });

  it.each([
    [[10, 2], [10, 0], true],
    [[10, 0], [10, 2], false],
    [[11, 4], [11, 8], true],
    [[11, 4], [12, 2], false],
    [[12, 6], [11, 4], true],
  ])("accepts a driver of CUDA %j for %j: %s", (driver, wanted, runs) => {
    expect(runsCuda(driver, wanted)).toBe(runs);
  });
});
