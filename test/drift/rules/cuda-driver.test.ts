import { describe, expect, it } from "vitest";
import type { DeviceFacts, Libcuda } from "../../../src/device/facts.js";
import type { Finding } from "../../../src/drift/finding.js";
import {
  answers,
  armJob,
  cpuJob,
  findingsOf,
  gpuOptions,
  is,
  NONE,
  someFacts,
  someGpu,
  someJob,
  someLibcuda,
  someTegraGpu,
  someXavier,
  tegraLibcuda,
  UNREADABLE,
} from "../builders.js";

const on = (facts: DeviceFacts, job = someJob()) => findingsOf("device.cuda-driver", { job, facts })[0] as Finding;
const withLibcuda = (changes: Partial<Libcuda>, others: Partial<DeviceFacts> = {}) =>
  someFacts({ libcuda: is(someLibcuda(changes)), ...others });
const gpu = (name: string | null) => is([someGpu({ name })]);
const compat = (version: string) => ({ version, path: "/usr/local/cuda-11.4/compat/libcuda.so.1", compat: true });

describe("device.cuda-driver", () => {
  it("does not apply to a job for the CPU, nor where no GPU can be used", () => {
    const idle = someGpu({ usable: false });
    expect(on(someFacts({ libcuda: NONE }), cpuJob()).outcome).toBe("NOT_APPLICABLE");
    expect(on(someFacts({ gpus: is([idle]), libcuda: NONE })).outcome).toBe("NOT_APPLICABLE");
    expect(on(someFacts({ gpus: NONE, libcuda: NONE })).outcome).toBe("NOT_APPLICABLE");
    expect(on(someFacts({ gpus: is([idle, someGpu()]), libcuda: NONE })).outcome).toBe("DRIFT");
    expect(on(someFacts({ gpus: UNREADABLE, libcuda: NONE })).outcome).toBe("DRIFT");
  });

  it("matches a libcuda of the loaded module's release, and shows both", () => {
    expect(on(someFacts())).toMatchObject({
      expected: "libcuda.so.1 of the loaded driver",
      actual: "440.95.01 at /usr/lib/x86_64-linux-gnu/libcuda.so.440.95.01",
      outcome: "MATCH",
      because: "The loader finds libcuda 440.95.01, the release of the loaded kernel module",
      evidence: [
        { from: "/place", value: "440.95.01 at /usr/lib/x86_64-linux-gnu/libcuda.so.440.95.01" },
        { from: "/place", value: "440.95.01" },
        { from: "rule", value: expect.any(String) },
      ],
    });
  });

  it("is UNKNOWN where the loader could not be asked", () => {
    expect(on(someFacts({ libcuda: UNREADABLE }))).toMatchObject({
      actual: null,
      outcome: "UNKNOWN",
      severity: "INFO",
      because: "Whether the loader finds a libcuda that fits the driver is not known: permission denied",
    });
  });

  it("blocks when the loader finds no libcuda, and names up to two things that were found instead", () => {
    const seen = ["/opt/a", "/opt/b", "/opt/c"].map((from) => ({ from, value: "0 bytes" }));
    expect(on(someFacts({ libcuda: { ...NONE, seen } }))).toMatchObject({
      actual: "none",
      severity: "BLOCKING",
      because:
        "CUDA programs load libcuda.so.1, and the loader finds none, although kernel module 440.95.01 is loaded (/opt/a: 0 bytes; /opt/b: 0 bytes)",
    });
    expect(on(someFacts({ libcuda: NONE, driver: NONE })).because).toBe(
      "CUDA programs load libcuda.so.1, and the loader finds none",
    );
  });

  it("blocks where libcuda is outside the loader's search path", () => {
    expect(on(withLibcuda({ loadable: false, path: "/opt/libcuda.so.1" }))).toMatchObject({
      severity: "BLOCKING",
      because:
        "CUDA programs load libcuda.so.1, which lies at /opt/libcuda.so.1, but the loader does not find it there",
    });
  });

  it.each(["470.256.02", "418.56"])("blocks where libcuda is of another release, %s, than the module", (version) => {
    expect(on(withLibcuda({ version }))).toMatchObject({
      severity: "BLOCKING",
      because: expect.stringMatching(new RegExp(`finds libcuda ${version}, but kernel module 440.95.01 .*803`)),
    });
  });

  it.each([
    ["one of them does not tell its release", withLibcuda({ version: null })],
    ["permission denied", someFacts({ driver: UNREADABLE })],
    ["one of them does not tell its release", someFacts({ driver: NONE })],
  ])("cannot tell whether the releases are one: %s", (why, facts) => {
    expect(on(facts)).toMatchObject({ outcome: "UNKNOWN", severity: "INFO", because: expect.stringContaining(why) });
  });

  it("warns of a Linux driver's libcuda on WSL2", () => {
    const kernelRelease = is("5.15.90.1-microsoft-standard-WSL2");
    expect(on(withLibcuda({ version: "470.57.02" }, { driver: UNREADABLE, kernelRelease }))).toMatchObject({
      outcome: "UNKNOWN",
      severity: "WARNING",
      because: expect.stringContaining("470.57.02 of a Linux driver"),
    });
    expect(on(withLibcuda({ version: null }, { driver: UNREADABLE, kernelRelease })).severity).toBe("INFO");
  });

  it("blocks on the toolkit's stub, and cannot tell what only LD_LIBRARY_PATH leads to", () => {
    expect(on(withLibcuda({ version: null, path: "/usr/local/cuda-11.4/lib64/stubs/libcuda.so" }))).toMatchObject({
      severity: "BLOCKING",
      because: expect.stringContaining("error 34"),
    });
    const outside = { path: "/usr/local/nvidia/lib64/libcuda.so.440.95.01", loadable: null };
    expect(on(withLibcuda(outside))).toMatchObject({ outcome: "UNKNOWN", severity: "WARNING" });
    expect(on(withLibcuda({ ...outside, loadable: true })).outcome).toBe("MATCH");
    expect(on(withLibcuda({ ...outside, path: "/usr/lib/libcuda.so.440.95.01" })).outcome).toBe("MATCH");
  });

  describe("with NVIDIA's compatibility package", () => {
    it("matches on a data-center GPU, and names the document", () => {
      const finding = on(withLibcuda(compat("470.256.02")));
      expect(finding).toMatchObject({
        actual: "470.256.02 at /usr/local/cuda-11.4/compat/libcuda.so.1 (compatibility package)",
        outcome: "MATCH",
        because:
          "The loader finds libcuda 470.256.02 of NVIDIA's compatibility package, which the Tesla T4, a data-center GPU, allows beside driver 440.95.01",
      });
      expect(finding.evidence.at(-1)).toEqual({
        from: "rule",
        value: expect.stringMatching(/^NVIDIA CUDA Compatibility/),
      });
      expect(finding.evidence).toHaveLength(4);
    });

    it("matches where it is of the module's own release", () => {
      expect(on(withLibcuda(compat("440.95.01"), { gpus: gpu("NVIDIA GeForce GTX 1080") })).because).toBe(
        "The loader finds libcuda 440.95.01, the release of the loaded kernel module",
      );
    });

    it("blocks on a card for games, and with a newer module on any GPU", () => {
      expect(on(withLibcuda(compat("470.256.02"), { gpus: gpu("NVIDIA GeForce GTX 1080") }))).toMatchObject({
        severity: "BLOCKING",
        because:
          "The loader finds libcuda 470.256.02 of NVIDIA's compatibility package (/usr/local/cuda-11.4/compat/libcuda.so.1), which fails on the NVIDIA GeForce GTX 1080 (error 804): only data-center GPUs allow it, although driver 440.95.01 has a libcuda of its own",
      });
      const facts = withLibcuda(compat("470.256.02"), { gpus: gpu("NVIDIA GeForce GTX 1080") });
      expect(on(facts).evidence.filter(({ from }) => from === "rule")).toHaveLength(1);
      expect(on(withLibcuda(compat("418.226.00")))).toMatchObject({
        severity: "BLOCKING",
        because: expect.stringContaining("older than kernel module 440.95.01 and fails beside it (error 803)"),
      });
    });

    it("blocks on a module that is too old for the package, and names the table", () => {
      const beside = (driver: string) =>
        on(
          withLibcuda(
            { ...compat("550.54.15"), path: "/usr/local/cuda-12.4/compat/libcuda.so.1" },
            { driver: is(driver) },
          ),
        );

      expect(beside("460.106.00")).toMatchObject({
        outcome: "DRIFT",
        severity: "BLOCKING",
        because:
          "The loader finds libcuda 550.54.15 of NVIDIA's compatibility package (/usr/local/cuda-12.4/compat/libcuda.so.1) for CUDA 12.4, which needs a kernel module of release 470 or later, but 460.106.00 is loaded",
      });
      expect(beside("460.106.00").evidence.at(-1)).toEqual({
        from: "rule",
        value: expect.stringContaining("NVIDIA_REQUIRE_CUDA"),
      });
      expect(beside("469.99").outcome).toBe("DRIFT");
      expect(beside("470.57.02").outcome).toBe("MATCH");
      expect(beside("470").outcome).toBe("MATCH");
      expect(on(withLibcuda({ ...compat("999.10"), version: "999.10" })).outcome).toBe("MATCH");
    });

    it("reports first what holds whatever the module's release is", () => {
      const old = { driver: is("384.81"), gpus: gpu("NVIDIA GeForce GTX 1080") };
      expect(on(withLibcuda(compat("550.54.15"), old)).because).toContain("error 804");
    });

    it.each([["Quadro RTX 4000"], [null]])("is UNKNOWN on a GPU for which no table says it, %s", (name) => {
      expect(on(withLibcuda(compat("470.256.02"), { gpus: gpu(name) }))).toMatchObject({
        outcome: "UNKNOWN",
        severity: "WARNING",
      });
    });

    it("judges by the GPU that the model runs on", () => {
      const gpus = is([someGpu({ name: "NVIDIA GeForce GTX 1080", computeCapability: "6.1" }), someGpu()]);
      expect(on(withLibcuda(compat("470.256.02"), { gpus })).outcome).toBe("MATCH");
    });

    it("judges by a usable GPU when the model runs on none of them", () => {
      const idle = someGpu({ name: "Tesla T4", computeCapability: "6.1", usable: false });
      const gpus = is([idle, someGpu({ name: "NVIDIA GeForce GTX 1080", computeCapability: "6.1" })]);
      expect(on(withLibcuda(compat("470.256.02"), { gpus })).severity).toBe("BLOCKING");
    });
  });

  describe("on a Jetson", () => {
    it("matches L4T's libcuda, whatever release the display's module has", () => {
      const facts = someXavier({ driver: is("540.4.0"), libcuda: is(tegraLibcuda({ version: "1.1" })) });
      expect(on(facts, armJob())).toMatchObject({
        outcome: "MATCH",
        because: "The loader finds /usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1.1, which is part of L4T",
      });
    });

    it("also matches it when the GPUs could not be read, which is no reason to compare", () => {
      const libcuda = is(tegraLibcuda({ version: "1.1" }));
      expect(on(someXavier({ gpus: UNREADABLE, driver: is("540.4.0"), libcuda }), armJob()).outcome).toBe("MATCH");
      expect(on(someFacts({ gpus: UNREADABLE, libcuda })).because).toContain("error 803");
    });

    it("compares Thor's, whose GPU is on the PCI bus", () => {
      const gpus = is([someTegraGpu({ computeCapability: "11.0", pciId: "10de:2b00" })]);
      const job = armJob({ gpuCode: "sm_110", cudaVer: "13.0" });
      const thor = (version: string) =>
        someXavier({ gpus, driver: is("580.00"), libcuda: is(someLibcuda({ version })) });
      expect([on(thor("580.00"), job).outcome, on(thor("575.00"), job).outcome]).toEqual(["MATCH", "DRIFT"]);
    });
  });
});

describe("compiler.driver with NVIDIA's compatibility package", () => {
  const driver = (libcuda: Partial<Libcuda>, gpus = gpu("Tesla T4"), cudaVer = "10.2") =>
    answers("compiler.driver", {
      job: someJob({ compilerOptions: gpuOptions({ cudaVer }) }),
      facts: someFacts({ driver: is("418.56"), libcuda: is(someLibcuda(libcuda)), gpus }),
    });

  it("uses the package's release when it is in use and allowed", () => {
    expect(driver(compat("440.118.02"))).toEqual(["MATCH INFO"]);
    expect(driver(compat("440.33"))).toEqual(["MATCH INFO"]);
    const facts = someFacts({ driver: is("418.56"), libcuda: is(someLibcuda(compat("440.118.02"))) });
    expect(findingsOf("compiler.driver", { facts })[0]?.because).toBe(
      "CUDA 10.2 needs driver 440.33 or later; this machine has 418.56, for which NVIDIA's compatibility package 440.118.02 stands in",
    );
  });

  it("uses the driver when the package is too old, not in use or not allowed", () => {
    expect(driver(compat("430.64"))).toEqual(["DRIFT BLOCKING"]);
    expect(driver({ ...compat("440.118.02"), compat: false })).toEqual(["DRIFT BLOCKING"]);
    expect(driver({ ...compat("440.118.02"), loadable: false })).toEqual(["DRIFT BLOCKING"]);
    expect(driver(compat("440.118.02"), gpu("NVIDIA GeForce GTX 1080"))).toEqual(["DRIFT BLOCKING"]);
    expect(driver(compat("440.118.02"), gpu(null))).toEqual(["DRIFT BLOCKING"]);
    expect(driver(compat("515.105.01"))).toEqual(["DRIFT BLOCKING"]);
    expect(driver({ ...compat("440.118.02"), version: null })).toEqual(["DRIFT BLOCKING"]);
  });

  it("does not mention it where the driver is new enough by itself", () => {
    const facts = someFacts({ driver: is("440.33"), libcuda: is(someLibcuda(compat("470.256.02"))) });
    expect(findingsOf("compiler.driver", { facts })[0]?.because).toBe(
      "Driver 440.33 is new enough for CUDA 10.2, which needs 440.33",
    );
  });
});
