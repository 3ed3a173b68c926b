import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import type { DeviceFacts, Gpu } from "../../src/device/facts.js";
import { FACTS_SCHEMA, summarize } from "../../src/device/summary.js";
import { fakeHost, someUname } from "./fake-host.js";
import { known, someGpu } from "./some-facts.js";

describe("summarize", () => {
  it("prints the keys of the form in their order, null where not known", () => {
    const facts = detectFacts(fakeHost({}, someUname()));

    expect(summarize(facts)).toEqual({
      schema: FACTS_SCHEMA,
      os: "LINUX",
      arch: "X86_64",
      unameMachine: "x86_64",
      kernelRelease: "5.4.0",
      distro: null,
      accelerator: null,
      gpus: null,
      sm: null,
      computeCapability: null,
      jetson: null,
      driver: null,
      libcuda: null,
      cuda: null,
      cudnn: null,
      tensorrt: null,
      container: null,
      cpu: null,
      readings: facts,
    });
  });

  it("names boundTo only where another driver holds a GPU", () => {
    const gpus = [someGpu(), someGpu({ address: "0000:02:00.0", boundTo: "vfio-pci", usable: false })];

    expect(summaryOf({ gpus: known<readonly Gpu[]>(gpus) }).gpus).toEqual([
      {
        integrated: false,
        name: "Tesla T4",
        pciId: "10de:1eb8",
        address: "0000:01:00.0",
        chip: "TU104",
        computeCapability: "7.5",
      },
      {
        integrated: false,
        name: "Tesla T4",
        pciId: "10de:1eb8",
        address: "0000:02:00.0",
        chip: "TU104",
        computeCapability: "7.5",
        boundTo: "vfio-pci",
      },
    ]);
  });

  it("has no common capability when that of one usable GPU is unknown", () => {
    const gpus = known<readonly Gpu[]>([someGpu(), someGpu({ computeCapability: null })]);

    expect(summaryOf({ gpus })).toMatchObject({ sm: null, computeCapability: null });
  });

  it("leaves out x86 code on an ARM processor, or when no features are listed", () => {
    const unknown = { avx2: null, avx512f: null, "core-avx2": null, "skylake-avx512": null };
    const cpu = { name: "Neoverse-N1", cores: 4, part: "0x41/0xd0c" };

    expect(summaryOf({ cpu: known({ ...cpu, features: ["asimd", "fp"] }) }).cpu).toEqual({ ...cpu, ...unknown });
    expect(summaryOf({ cpu: known({ ...cpu, part: null, features: [] }) }).cpu).toEqual({
      ...cpu,
      part: null,
      ...unknown,
    });
  });
});

function summaryOf(changed: Partial<DeviceFacts>) {
  return summarize({ ...detectFacts(fakeHost({})), ...changed });
}
