import { expect } from "vitest";
import type { Access, Cpu, DeviceFacts, Gpu, Jetson, Libcuda, Library, Reading } from "../../src/device/facts.js";
import { compare } from "../../src/drift/compare.js";
import type { Deployed } from "../../src/drift/deployed.js";
import type { Finding, RuleId } from "../../src/drift/finding.js";
import type { CompareInput } from "../../src/drift/make-finding.js";
import type { Subject } from "../../src/drift/needs.js";
import { remedies } from "../../src/drift/remedies.js";
import type { CompilerOptions, JobOrigin, PackagingJob } from "../../src/job/job.js";

export const NOW = "2026-11-23T12:00:00.000Z";

/** A firm reading. */
export function is<T>(value: T, from = "/place"): Reading<T> {
  return { state: "known", value, from, confidence: "FIRM" };
}

/** Looked for, and absent. */
export const NONE = { state: "absent", from: "/place" } as const;

/** Could not look. */
export const UNREADABLE = { state: "unreadable", from: "/place", why: "permission denied" } as const;

/** A library that the loader finds, with others beside it. */
export function library(version: string, ...beside: Library["installed"][number][]): Reading<Library> {
  return is({ version, installed: [{ version, from: "/usr/lib", loadable: true }, ...beside] });
}

/** A Tesla T4 under NVIDIA's driver. */
export function someGpu(changes: Partial<Gpu> = {}): Gpu {
  return {
    integrated: false,
    name: "Tesla T4",
    pciId: "10de:1eb8",
    address: "0000:00:1e.0",
    chip: "TU104",
    computeCapability: "7.5",
    boundTo: null,
    usable: true,
    ...changes,
  };
}

/** The GPU of a Jetson Xavier under L4T. */
export function someTegraGpu(changes: Partial<Gpu> = {}): Gpu {
  const identity = { integrated: true, name: null, pciId: null, address: null, chip: "GV11B" };
  return someGpu({ ...identity, computeCapability: "7.2", ...changes });
}

export const AVX2_FEATURES: readonly string[] =
  "abm aes avx avx2 bmi1 bmi2 cx16 f16c fma fpu lahf_lm movbe pclmulqdq pni popcnt rdrand sse4_1 sse4_2 ssse3 xsave".split(
    " ",
  );

export const CARMEL_FEATURES: readonly string[] =
  "aes asimd asimdhp atomics crc32 evtstrm fp fphp pmull sha1 sha2".split(" ");

/** A processor with AVX2. */
export function someCpu(changes: Partial<Cpu> = {}): Cpu {
  return { name: "Xeon", cores: 4, part: null, features: AVX2_FEATURES, ...changes };
}

/** A g4dn.xlarge: x86, T4, CUDA 10.2, TensorRT 7.1.3, as AWS tested it. */
export function someFacts(changes: Partial<DeviceFacts> = {}): DeviceFacts {
  const driver = changes.driver?.state === "known" ? changes.driver.value : "440.95.01";
  return {
    os: is("LINUX"),
    arch: is("X86_64"),
    unameMachine: is("x86_64"),
    kernelRelease: is("5.4.0-1029-aws"),
    userland: is({ bits: 64, machine: "x86-64" }),
    distro: is({ id: "ubuntu", version: "18.04" }),
    glibc: is("2.27"),
    accelerator: is("NVIDIA"),
    gpus: is([someGpu()]),
    jetson: NONE,
    l4t: NONE,
    jetpack: NONE,
    driver: is("440.95.01"),
    libcuda: is(someLibcuda({ version: driver })),
    cuda: library("10.2.89"),
    cudnn: library("8.0.0"),
    tensorrt: library("7.1.3"),
    container: is(false),
    cpu: is(someCpu()),
    memory: is({ totalBytes: 16e9, availableBytes: 8e9 }),
    disk: is({ path: "/greengrass/v2", freeBytes: 20e9 }),
    access: is<readonly Access[]>([{ path: "/dev/nvidia0", allowed: true, why: null }]),
    ...changes,
  };
}

/** The libcuda of the T4's driver, as the loader finds it. */
export function someLibcuda(changes: Partial<Libcuda> = {}): Libcuda {
  const path = "/usr/lib/x86_64-linux-gnu/libcuda.so.440.95.01";
  return { version: "440.95.01", path, loadable: true, compat: false, ...changes };
}

/** The libcuda of L4T. */
export function tegraLibcuda(changes: Partial<Libcuda> = {}): Libcuda {
  const path = "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1.1";
  return someLibcuda({ version: null, path, ...changes });
}

/** An AGX Xavier with JetPack 4.4 as AWS tested it. */
export function someXavier(changes: Partial<DeviceFacts> = {}, jetson: Partial<Jetson> = {}): DeviceFacts {
  const identity = someJetson(jetson);
  return someFacts({
    arch: is("ARM64"),
    unameMachine: is("aarch64"),
    kernelRelease: is("4.9.140-tegra"),
    userland: is({ bits: 64, machine: "aarch64" }),
    gpus: is([someTegraGpu()]),
    jetson: is(identity),
    l4t: identity.l4t === null ? NONE : is(identity.l4t),
    jetpack: identity.jetpack === null ? UNREADABLE : is(identity.jetpack),
    driver: NONE,
    libcuda: is(tegraLibcuda()),
    cpu: is(someCpu({ name: "NVIDIA Carmel", part: "0x4e/0x004", features: CARMEL_FEATURES })),
    access: is<readonly Access[]>([{ path: "/dev/nvhost-gpu", allowed: true, why: null }]),
    ...changes,
  });
}

export function someJetson(changes: Partial<Jetson> = {}): Jetson {
  return {
    model: "Jetson-AGX",
    family: "xavier",
    product: "AGX Xavier",
    soc: "tegra194",
    module: "p2888-0001",
    l4t: "32.4.3",
    jetpack: "4.4",
    jetpackCandidates: ["4.4"],
    ...changes,
  };
}

/** A machine on which nothing could be read. */
export function noFacts(): DeviceFacts {
  return Object.fromEntries(Object.keys(someFacts()).map((key) => [key, UNREADABLE])) as unknown as DeviceFacts;
}

/** Options as the parser returns them, with these members. */
export function someOptions(changes: Partial<CompilerOptions> = {}): CompilerOptions {
  return {
    form: "json",
    text: "{}",
    gpuCode: null,
    trtVer: null,
    cudaVer: null,
    mcpu: null,
    mattr: [],
    other: {},
    problems: [],
    ...changes,
  };
}

/** The options of AWS's T4 package. */
export function gpuOptions(changes: Partial<CompilerOptions> = {}): CompilerOptions {
  return someOptions({ gpuCode: "sm_75", trtVer: "7.1.3", cudaVer: "10.2", ...changes });
}

export const NO_OPTIONS: CompilerOptions = someOptions({ form: "none", text: null });

/** A package for a T4, as AWS tested it. */
export function someJob(changes: Partial<PackagingJob> = {}): PackagingJob {
  return {
    project: "bottles",
    name: "pack-1",
    modelVersion: "1",
    status: "SUCCEEDED",
    statusMessage: null,
    description: null,
    method: "GreengrassV2",
    createdAt: "2022-01-01T00:00:00.000Z",
    updatedAt: "2022-01-01T01:00:00.000Z",
    component: { name: "bottle-model", version: "1.0.0", versionFrom: "OUTPUT" },
    configured: { name: "bottle-model", version: "1.0.0" },
    output: { name: "bottle-model", version: "1.0.0", arn: null },
    targetDevice: null,
    targetPlatform: { os: "LINUX", arch: "X86_64", accelerator: "NVIDIA" },
    compilerOptions: gpuOptions(),
    problems: [],
    ...changes,
  };
}

/** A package for `jetson_xavier`, without options. */
export function xavierJob(changes: Partial<PackagingJob> = {}): PackagingJob {
  return someJob({ targetDevice: "jetson_xavier", targetPlatform: null, compilerOptions: NO_OPTIONS, ...changes });
}

/** A package for a Jetson given as a platform. */
export function armJob(options: Partial<CompilerOptions> = {}, changes: Partial<PackagingJob> = {}): PackagingJob {
  const targetPlatform = { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" };
  return someJob({ targetPlatform, compilerOptions: gpuOptions({ gpuCode: "sm_72", ...options }), ...changes });
}

/** A CPU package for x86. */
export function cpuJob(options: CompilerOptions = someOptions({ mcpu: "core-avx2" }), arch = "X86_64"): PackagingJob {
  return someJob({ targetPlatform: { os: "LINUX", arch, accelerator: null }, compilerOptions: options });
}

/** A fresh answer of the API. */
export function someOrigin(changes: Partial<JobOrigin> = {}): JobOrigin {
  return {
    source: "api https://example",
    fetchedAt: "2026-11-23T11:59:00.000Z",
    digest: "00",
    stale: null,
    ...changes,
  };
}

/** The job's component, running in the job's version. */
export function someDeployed(changes: Partial<Deployed> = {}): Deployed {
  return { name: "bottle-model", present: is(true), version: is("1.0.0"), state: is("RUNNING"), ...changes };
}

/** The T4 package on the T4 machine, deployed. */
export function someInput(changes: Partial<CompareInput> = {}): CompareInput {
  return {
    job: someJob(),
    model: null,
    origin: someOrigin(),
    facts: someFacts(),
    deployed: someDeployed(),
    now: NOW,
    ...changes,
  };
}

/** The findings of one rule, each as `OUTCOME SEVERITY`. */
export function answers(rule: RuleId, changes: Partial<CompareInput>): string[] {
  return findingsOf(rule, changes).map(({ outcome, severity }) => `${outcome} ${severity}`);
}

/** The findings of one rule. */
export function findingsOf(rule: RuleId, changes: Partial<CompareInput>): Finding[] {
  return compare(someInput(changes)).findings.filter((finding) => finding.rule === rule);
}

/** The fixes of a rule's BLOCKING or ERROR finding. Each must be said to satisfy that rule, unless it says that nothing here helps. */
export function fixesOf(
  rule: RuleId,
  changes: Partial<CompareInput>,
  others: readonly Subject[] = [],
): readonly string[] {
  const { verdict, remedies: found } = remedies(someInput(changes), others);
  for (const { ways, ...finding } of found) {
    for (const { change, satisfies } of ways) {
      const helps = !/^(?:Nothing on this machine helps|Replace the model component with)/.test(change);
      expect([change, satisfies.includes(finding.rule)]).toEqual([change, helps]);
    }
  }
  const isOpen = ({ severity }: Finding) => severity === "BLOCKING" || severity === "ERROR";
  return verdict.findings.find((finding) => finding.rule === rule && isOpen(finding))?.remedy ?? [];
}
