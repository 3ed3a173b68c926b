import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import {
  answers,
  cpuJob,
  findingsOf,
  is,
  NONE,
  someFacts,
  someGpu,
  someInput,
  someJob,
  someTegraGpu,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "../builders.js";

const platform = (changes: object) =>
  someJob({ targetPlatform: { os: "LINUX", arch: "X86_64", accelerator: "NVIDIA", ...changes } });

describe("target.os", () => {
  it.each([
    ["MATCH INFO", "Linux", someJob(), is("LINUX")],
    ["DRIFT BLOCKING", "another system", someJob(), is("DARWIN")],
    ["UNKNOWN WARNING", "a system that could not be read", someJob(), UNREADABLE],
    ["UNKNOWN WARNING", "a job that names none", platform({ os: null }), is("LINUX")],
    ["UNKNOWN WARNING", "a job that names one that AWS has not", platform({ os: "QNX" }), is("LINUX")],
  ])("answers %s for %s", (answer, _, job, os) => {
    expect(answers("target.os", { job, facts: someFacts({ os }) })).toEqual([answer]);
  });
});

describe("target.arch", () => {
  it.each([
    ["MATCH INFO", "the job's own", "X86_64", is("X86_64" as const)],
    ["DRIFT BLOCKING", "the other one", "ARM64", is("X86_64" as const)],
    ["DRIFT BLOCKING", "one that no job can name", "ARM64", NONE],
    ["UNKNOWN WARNING", "one that could not be read", "ARM64", UNREADABLE],
    ["UNKNOWN WARNING", "a job that names one that AWS has not", "RISCV64", is("X86_64" as const)],
    ["UNKNOWN WARNING", "a job that names none", null, is("X86_64" as const)],
  ])("answers %s for %s", (answer, _, wanted, arch) => {
    expect(answers("target.arch", { job: platform({ arch: wanted }), facts: someFacts({ arch }) })).toEqual([answer]);
  });

  it("says that a 32-bit userland on an arm64 kernel is not ARM64", () => {
    const facts = someXavier({ arch: NONE, userland: is({ bits: 32, machine: "arm" }) });
    expect(findingsOf("target.arch", { job: xavierJob(), facts })).toEqual([
      {
        rule: "target.arch",
        path: "ModelPackagingConfiguration.Greengrass.TargetDevice",
        expected: "ARM64",
        actual: "32-bit arm",
        outcome: "DRIFT",
        severity: "BLOCKING",
        because: "The package is for ARM64, but this machine runs 32-bit arm programs",
        evidence: [
          { from: "/place", value: "none" },
          { from: "/place", value: "aarch64" },
          { from: "/place", value: "32-bit arm" },
          { from: "rule", value: "Lookout for Vision API reference, TargetPlatform" },
        ],
        remedy: [],
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ]);
  });
});

describe("target.accelerator", () => {
  const accelerator = NONE;

  it.each([
    ["there is none", is([]), "this machine has none"],
    ["nouveau holds it", is([someGpu({ usable: false, boundTo: "nouveau" })]), "held by the driver nouveau"],
    ["vfio-pci holds it", is([someGpu({ usable: false, boundTo: "vfio-pci" })]), "held by the driver vfio-pci"],
    ["nothing drives it", is([someGpu({ usable: false })]), "NVIDIA's driver does not drive the Tesla T4"],
    ["a Tegra lacks NVIDIA's user space", is([someTegraGpu({ usable: false })]), "user space (L4T) is missing"],
  ])("blocks when %s", (_, gpus, because) => {
    const [finding] = findingsOf("target.accelerator", { facts: someFacts({ accelerator, gpus }) });
    expect(finding).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
      because: expect.stringContaining(because),
    });
  });

  it("matches a GPU that is driven", () => {
    expect(answers("target.accelerator", {})).toEqual(["MATCH INFO"]);
  });

  it("cannot tell when the GPUs could not be read", () => {
    expect(answers("target.accelerator", { facts: someFacts({ accelerator: UNREADABLE }) })).toEqual([
      "UNKNOWN WARNING",
    ]);
  });

  it("cannot tell when the job names an accelerator that AWS has not", () => {
    expect(answers("target.accelerator", { job: platform({ accelerator: "TPU" }) })).toEqual(["UNKNOWN WARNING"]);
  });

  it("leaves every GPU rule out for a CPU job, whatever the machine is", () => {
    const facts = someFacts({ accelerator, gpus: is([]), cuda: NONE, tensorrt: NONE, driver: NONE });
    const { findings, runnable } = compare(someInput({ job: cpuJob(), facts }));
    const gpuRules = [
      "target.accelerator",
      "compiler.gpu-code",
      "compiler.cuda-ver",
      "compiler.trt-ver",
      "compiler.driver",
      "device.access",
    ];
    expect(findings.filter(({ rule }) => gpuRules.includes(rule)).map(({ outcome }) => outcome)).toEqual(
      gpuRules.map(() => "NOT_APPLICABLE"),
    );
    expect(runnable).toBe("RUNNABLE");
  });
});
