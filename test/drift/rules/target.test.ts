import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import { isWsl1, nameOf } from "../../../src/drift/rules/target.js";
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
import { someModel, states } from "../model-builders.js";

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

  it("distinguishes a system that packdrift does not know from one that could not be read", () => {
    const [strange] = findingsOf("target.os", { facts: someFacts({ os: NONE }) });
    expect(strange).toMatchObject({ outcome: "DRIFT", severity: "BLOCKING", actual: "none that packdrift knows" });
    const [unread] = findingsOf("target.os", { facts: someFacts({ os: UNREADABLE }) });
    expect(unread).toMatchObject({ outcome: "UNKNOWN", actual: null });
  });

  it("blames the description, not the machine, when it names no system", () => {
    const [finding] = findingsOf("target.os", { job: platform({ os: null }), facts: someFacts({ os: UNREADABLE }) });
    expect(finding).toMatchObject({ expected: null, because: expect.stringContaining("description does not say") });
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

  it.each([
    ["32-bit arm", NONE, is({ bits: 32 as const, machine: "arm" }), is("aarch64")],
    ["riscv64", NONE, NONE, is("riscv64")],
    ["other", NONE, NONE, UNREADABLE],
    [null, UNREADABLE, NONE, is("riscv64")],
  ])("finds %s by the programs that run, else by the kernel's machine", (actual, arch, userland, unameMachine) => {
    const [finding] = findingsOf("target.arch", { facts: someFacts({ arch, userland, unameMachine }) });
    expect(finding?.actual).toBe(actual);
  });

  it("blames the description, not the machine, when it names no architecture", () => {
    const facts = someFacts({ arch: UNREADABLE });
    const [finding] = findingsOf("target.arch", { job: platform({ arch: null }), facts });
    expect(finding).toMatchObject({ expected: null, because: expect.stringContaining("description does not say") });
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
    ["none", "there is none", is([]), "this machine has none"],
    ["none", "the bus shows none", NONE, "this machine has none"],
    ["none", "the list of GPUs could not be read", UNREADABLE, "none is driven (not readable: permission denied)"],
    [
      "Tesla T4 (not usable, held by nouveau)",
      "nouveau holds it",
      is([someGpu({ usable: false, boundTo: "nouveau" })]),
      "held by the driver nouveau",
    ],
    [
      "Tesla T4 (not usable), Tesla T4 (not usable, held by vfio-pci)",
      "vfio-pci holds one",
      is([someGpu({ usable: false }), someGpu({ usable: false, boundTo: "vfio-pci" })]),
      "held by the driver vfio-pci",
    ],
    [
      "Tesla T4 (not usable)",
      "nothing drives it",
      is([someGpu({ usable: false })]),
      "NVIDIA's driver does not drive the Tesla T4",
    ],
    [
      "Jetson GPU GV11B (not usable)",
      "a Tegra lacks NVIDIA's user space",
      is([someTegraGpu({ usable: false })]),
      "user space (L4T) is missing",
    ],
  ])("blocks and shows %s when %s", (actual, _, gpus, because) => {
    const [finding] = findingsOf("target.accelerator", { facts: someFacts({ accelerator, gpus }) });
    expect(finding).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
      actual,
      because: expect.stringContaining(because),
    });
  });

  it("shows every GPU in the evidence", () => {
    const gpus = is([someGpu(), someGpu({ name: null, usable: false })]);
    const [finding] = findingsOf("target.accelerator", { facts: someFacts({ gpus }) });
    expect(finding?.evidence[1]).toEqual({ from: "/place", value: "Tesla T4, TU104 (not usable)" });
    const [without] = findingsOf("target.accelerator", { facts: someFacts({ accelerator, gpus: is([]) }) });
    expect(without?.evidence[1]).toEqual({ from: "/place", value: "none" });
  });

  it("matches a GPU that is driven", () => {
    expect(answers("target.accelerator", {})).toEqual(["MATCH INFO"]);
  });

  it("is UNKNOWN when the GPUs could not be read", () => {
    expect(answers("target.accelerator", { facts: someFacts({ accelerator: UNREADABLE }) })).toEqual([
      "UNKNOWN WARNING",
    ]);
  });

  it("is UNKNOWN when the job names an accelerator that AWS does not have", () => {
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

describe("what states the requirement", () => {
  const without = { job: null, model: someModel() };

  it("is named where the machine is as it asks", () => {
    const because = (rule: "target.os" | "target.arch", changes: Parameters<typeof findingsOf>[1]) =>
      findingsOf(rule, changes)[0]?.because;
    expect([because("target.os", {}), because("target.os", without)]).toEqual([
      "The machine runs Linux, as the job asks",
      "The machine runs Linux, as the model's files need",
    ]);
    expect([because("target.arch", {}), because("target.arch", without)]).toEqual([
      "The machine runs X86_64 programs, as the job asks",
      "The machine runs X86_64 programs, as the model's files need",
    ]);
  });

  it("is named where no GPU is needed", () => {
    const cpu = someModel({ accelerator: states("CPU", "META"), codes: [] });
    expect(findingsOf("target.accelerator", { job: cpuJob() })[0]?.because).toBe(
      "The job names no accelerator: its model runs on the CPU",
    );
    expect(findingsOf("target.accelerator", { job: null, model: cpu })[0]?.because).toBe(
      "The model's files hold no GPU code: it runs on the CPU",
    );
  });
});

describe("isWsl1", () => {
  it.each([
    [true, "4.4.0-19041-Microsoft"],
    [false, "14.4.0-19041-Microsoft"],
    [false, "4.4.0-19041-Microsoft-standard-WSL2"],
    [false, "4.4.0-generic"],
  ])("answers %s for the kernel %s", (is1, kernelRelease) => {
    expect(isWsl1(someFacts({ kernelRelease: is(kernelRelease) }))).toBe(is1);
  });
});

describe("nameOf", () => {
  it.each([
    ["Tesla T4", someGpu()],
    ["TU104", someGpu({ name: null })],
    ["10de:1eb8", someGpu({ name: null, chip: null })],
    ["GPU", someGpu({ name: null, chip: null, pciId: null })],
    ["Jetson GPU GV11B", someTegraGpu()],
    ["Jetson GPU", someTegraGpu({ chip: null })],
    ["GPU", undefined],
  ])("calls it %s, by the best that is known", (name, gpu) => {
    expect(nameOf(gpu)).toBe(name);
  });
});
