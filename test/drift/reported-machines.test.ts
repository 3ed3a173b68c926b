import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { summarize } from "../../src/device/summary.js";
import { compare } from "../../src/drift/compare.js";
import { remedies } from "../../src/drift/remedies.js";
import type { PackagingJob } from "../../src/job/job.js";
import { type FakeTree, fakeHost } from "../device/fake-host.js";
import { ldCache } from "../device/ld-cache-bytes.js";
import {
  ARM64,
  cores,
  defaultToolkit,
  deviceTree,
  l4t,
  library,
  nvrm,
  osRelease,
  pci,
  toolkit,
  uname,
  X86,
} from "../device/machines/parts.js";
import { AVX2_FEATURES, armJob, cpuJob, NO_OPTIONS, someInput, someJob } from "./builders.js";

const LIB = "/usr/lib/x86_64-linux-gnu";
const ARM_LIB = "/usr/lib/aarch64-linux-gnu";
const SERVER: FakeTree = {
  ...X86,
  "/proc/cpuinfo": `processor\t: 0\nmodel name\t: Some\nflags\t\t: ${AVX2_FEATURES.join(" ")}\n`,
};
const T4: FakeTree = {
  ...SERVER,
  ...pci("0000:00:1e.0", "1eb8"),
  ...nvrm("470.57.02"),
  ...toolkit("10.2", "10.2.89", "10.2", "x86_64-linux"),
  ...defaultToolkit("10.2"),
  ...library(LIB, "nvinfer", "7.1.3", "7"),
};
const GIVEN = [
  ["libcudart.so.10.2", "/usr/local/cuda-10.2/targets/x86_64-linux/lib/libcudart.so.10.2"],
  ["libnvinfer.so.7", `${LIB}/libnvinfer.so.7`],
] as const;
const STUBS = "/usr/local/cuda-10.2/targets/x86_64-linux/lib/stubs";
const TEGRA_LIBCUDA: FakeTree = {
  [`${ARM_LIB}/tegra/libcuda.so.1`]: { link: "libcuda.so.1.1" },
  [`${ARM_LIB}/tegra/libcuda.so.1.1`]: "",
};
const X86_UNAME = uname("x86_64", "5.4.0");

interface Machine {
  readonly title: string;
  /** Where it was reported. */
  readonly source: string;
  readonly tree: FakeTree;
  readonly uname?: ReturnType<typeof uname>;
  readonly job?: PackagingJob;
  readonly runnable: string;
  /** In one finding, its remedy included. */
  readonly says?: readonly string[];
  readonly facts?: object;
}

const MACHINES: readonly Machine[] = [
  {
    title: "the toolkit's stub linked as libcuda.so.1 and configured for the loader",
    source: "numba/numba issue #9732, NVIDIA/warp issue #219 (CUDA_ERROR_STUB_LIBRARY)",
    tree: {
      ...T4,
      ...library(LIB, "cuda", "470.57.02", "1"),
      [`${STUBS}/libcuda.so`]: "",
      [`${STUBS}/libcuda.so.1`]: { link: "libcuda.so" },
      "/etc/ld.so.cache": ldCache([...GIVEN, ["libcuda.so.1", `${STUBS}/libcuda.so.1`]]),
    },
    runnable: "WILL_NOT_RUN",
    says: ["stub", "error 34", STUBS],
  },
  {
    title: "a container for JetPack 5 on an AGX Xavier with JetPack 4",
    source: "NVIDIA/nvidia-container-runtime issue #194",
    tree: {
      ...l4t(32, "7.2", "t186ref"),
      ...deviceTree("Jetson-AGX", "nvidia,p2972-0000", "nvidia,tegra194"),
      ...TEGRA_LIBCUDA,
      "/.dockerenv": "",
      ...toolkit("11.4", "11.4.298", "11.0", "aarch64-linux"),
      ...library(ARM_LIB, "nvinfer", "8.5.2", "8"),
    },
    uname: uname("aarch64", "4.9.253-tegra"),
    job: armJob({ gpuCode: "sm_72", trtVer: "8.5.2", cudaVer: "11.4" }),
    runnable: "WILL_NOT_RUN",
    says: ["CUDA 11.4", "L4T 32.7.2", "JetPack 5.0.2", "on the host"],
  },
  {
    title: "CUDA 12.2 beside JetPack 5.1.4 on an AGX Orin, without its compatibility package",
    source: "pytorch/pytorch issue #139210",
    tree: {
      ...l4t(35, "6.0", "t186ref"),
      ...deviceTree("Jetson AGX Orin Developer Kit", "nvidia,p3737-0000+p3701-0005", "nvidia,tegra234"),
      ...TEGRA_LIBCUDA,
      ...toolkit("12.2", "12.2.140", "12", "aarch64-linux"),
      ...library(ARM_LIB, "nvinfer", "8.6.2", "8"),
    },
    uname: uname("aarch64", "5.10.216-tegra"),
    job: armJob({ gpuCode: "sm_87", trtVer: "8.6.2", cudaVer: "12.2" }),
    runnable: "WILL_NOT_RUN",
    says: ["L4T 35.6.0", "cuda-compat-12-2"],
  },
  {
    title: "a Xavier with a minimal root file system, whose loader does not know L4T's folder",
    source: "NVIDIA/nvidia-docker issue #1709",
    tree: {
      ...l4t(32, "7.2", "t186ref"),
      ...deviceTree("Jetson-AGX", "nvidia,p2972-0000", "nvidia,tegra194"),
      [`${ARM_LIB}/tegra/libcuda.so.1.1`]: "",
      ...toolkit("10.2", "10.2.300", "10.2", "aarch64-linux"),
      ...library(ARM_LIB, "nvinfer", "8.2.1", "8"),
      "/etc/ld.so.cache": ldCache(
        [
          ["libcudart.so.10.2", "/usr/local/cuda-10.2/targets/aarch64-linux/lib/libcudart.so.10.2"],
          ["libnvinfer.so.8", `${ARM_LIB}/libnvinfer.so.8`],
        ],
        0x0a00,
      ),
    },
    uname: uname("aarch64", "4.9.253-tegra"),
    job: armJob({ gpuCode: "sm_72", trtVer: "8.2.1", cudaVer: "10.2" }),
    runnable: "WILL_NOT_RUN",
    says: [`${ARM_LIB}/tegra`, "ldconfig"],
  },
  {
    title: "Amazon Linux 2 with a model for the CPU: glibc 2.26 is older than the models need",
    source: "neo-ai/neo-ai-dlr issue #277",
    tree: { ...SERVER, ...osRelease("amzn", "2"), "/usr/bin/ldd": "echo 'ldd (GNU libc) 2.26'\n" },
    job: cpuJob(),
    runnable: "RUNNABLE_UNTESTED",
    says: ["glibc 2.26", "2.27"],
  },
  {
    title: "Alpine Linux with a model for the CPU",
    source: "Alpine Linux has musl, Neo compiles for glibc",
    tree: { ...SERVER, ...osRelease("alpine", "3.18.4"), "/lib/ld-musl-x86_64.so.1": "" },
    job: cpuJob(),
    runnable: "WILL_NOT_RUN",
    says: ["musl"],
  },
  {
    title: "a Raspberry Pi with a 64-bit userland and a model for the CPU",
    source: "a control: nothing to find",
    tree: {
      ...ARM64,
      ...cores(["0x41", "0xd08"]),
      ...osRelease("debian", "12"),
      "/usr/bin/ldd": "ldd (Debian GLIBC 2.36-9) 2.36\n",
    },
    uname: uname("aarch64", "6.1.0"),
    job: cpuJob(NO_OPTIONS, "ARM64"),
    runnable: "RUNNABLE",
  },
];

describe("machines from further public reports", () => {
  it.each(MACHINES.map((machine) => [machine.title, machine] as const))("%s", (_, machine) => {
    const facts = detectFacts(fakeHost(machine.tree, machine.uname ?? X86_UNAME), []);
    const input = someInput({ job: machine.job ?? someJob(), facts, deployed: null });
    const { verdict } = remedies(input, [], compare(input));
    const told = verdict.findings
      .filter(({ outcome }) => outcome === "DRIFT")
      .map(({ because, actual, remedy }) => [because, actual, ...remedy].join(" "));

    expect(summarize(facts)).toMatchObject(machine.facts ?? {});
    expect([verdict.runnable, told]).toEqual([machine.runnable, told]);
    const { says = [] } = machine;
    const isSaid = says.length === 0 || told.some((text) => says.every((word) => text.includes(word)));
    expect(isSaid, `${told.join("\n")} says ${says.join(", ")}`).toBe(true);
  });
});
