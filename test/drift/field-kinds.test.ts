import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { summarize } from "../../src/device/summary.js";
import { compare } from "../../src/drift/compare.js";
import { remedies } from "../../src/drift/remedies.js";
import type { PackagingJob } from "../../src/job/job.js";
import { sharedObject } from "../base/elf-bytes.js";
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
  stanza,
  toolkit,
  uname,
  X86,
} from "../device/machines/parts.js";
import { AVX2_FEATURES, armJob, gpuOptions, someInput, someJob, xavierJob } from "./builders.js";

const LIB = "/usr/lib/x86_64-linux-gnu";
const ARM_LIB = "/usr/lib/aarch64-linux-gnu";
const CPU = { "/proc/cpuinfo": `processor\t: 0\nmodel name\t: Some\nflags\t\t: ${AVX2_FEATURES.join(" ")}\n` };
const T4: FakeTree = { ...X86, ...CPU, ...osRelease("ubuntu", "20.04"), ...pci("0000:00:1e.0", "1eb8") };
const LIBRARIES: FakeTree = {
  ...toolkit("10.2", "10.2.89", "10.2", "x86_64-linux"),
  ...defaultToolkit("10.2"),
  ...library(LIB, "nvinfer", "7.1.3", "7"),
};
const CUDART = "/usr/local/cuda-10.2/targets/x86_64-linux/lib/libcudart.so.10.2";
const cache = (...entries: readonly (readonly [string, string])[]): FakeTree => ({
  "/etc/ld.so.cache": ldCache(entries),
});
const GIVEN = [
  ["libcudart.so.10.2", CUDART],
  ["libnvinfer.so.7", `${LIB}/libnvinfer.so.7`],
] as const;
const libcuda = (version: string, folder = LIB) => library(folder, "cuda", version, "1");
const information = (name: string): FakeTree => ({
  "/proc/driver/nvidia/gpus/0000:00:1e.0/information": `Model: \t\t ${name}\nGPU Excluded:\t No\n`,
});
const X86_UNAME = uname("x86_64", "5.4.0");
const ARM_UNAME = uname("aarch64", "4.9.253-tegra");
const WSL_UNAME = uname("x86_64", "5.15.153.1-microsoft-standard-WSL2");
const XAVIER_NX = deviceTree(
  "NVIDIA Jetson Xavier NX Developer Kit",
  "nvidia,p3449-0000+p3668-0001",
  "nvidia,tegra194",
);
const JETSON_LIBRARIES: FakeTree = {
  ...toolkit("10.2", "10.2.300", "10.2", "aarch64-linux"),
  ...library(ARM_LIB, "nvinfer", "8.2.1", "8"),
};
const onOrin = armJob({ gpuCode: "sm_87", trtVer: "10.13.3", cudaVer: "13.0" });

interface Machine {
  readonly kind: number;
  readonly title: string;
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
    kind: 1,
    title: "Debian's driver behind its alternatives, of the module's release",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...nvrm("470.256.02"),
      ...libcuda("470.256.02", `${LIB}/nvidia/current`),
      [`${LIB}/libcuda.so.1`]: { link: "/etc/alternatives/libcuda" },
      "/etc/alternatives/libcuda": { link: `${LIB}/nvidia/current/libcuda.so.1` },
      ...cache(...GIVEN, ["libcuda.so.1", `${LIB}/libcuda.so.1`]),
    },
    runnable: "RUNNABLE",
    facts: { libcuda: "470.256.02" },
  },
  {
    kind: 1,
    title: "a driver whose user space was removed: its kernel packages are left",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...nvrm("535.183.01"),
      "/var/lib/dpkg/status": stanza("nvidia-dkms-535", "535.183.01-0ubuntu1", "amd64"),
    },
    runnable: "WILL_NOT_RUN",
    says: ["libcuda.so.1", "nvidia-dkms-535"],
  },
  {
    kind: 1,
    title: "the compatibility package on a data-center GPU with a driver that is too old by itself",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...information("Tesla T4"),
      ...nvrm("418.226.00"),
      ...libcuda("440.118.02", "/usr/local/cuda-10.2/compat"),
      ...cache(...GIVEN, ["libcuda.so.1", "/usr/local/cuda-10.2/compat/libcuda.so.1"]),
    },
    runnable: "RUNNABLE",
  },
  {
    kind: 1,
    title: "a compatibility package that is older than the driver",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...information("Tesla T4"),
      ...nvrm("535.183.01"),
      ...libcuda("440.118.02", "/usr/local/cuda-10.2/compat"),
      ...cache(...GIVEN, ["libcuda.so.1", "/usr/local/cuda-10.2/compat/libcuda.so.1"]),
    },
    runnable: "WILL_NOT_RUN",
    says: ["older", "803", "compatibility package"],
  },
  {
    kind: 1,
    title: "a compatibility package of CUDA 12.4 on a driver that it does not run on",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...information("Tesla T4"),
      ...nvrm("460.106.00"),
      ...libcuda("550.54.15", "/usr/local/cuda-12.4/compat"),
      ...cache(...GIVEN, ["libcuda.so.1", "/usr/local/cuda-12.4/compat/libcuda.so.1"]),
    },
    runnable: "WILL_NOT_RUN",
    says: ["CUDA 12.4", "470", "460.106.00"],
  },
  {
    kind: 2,
    title: "a TensorRT folder that is configured, without ldconfig having been run",
    tree: {
      ...T4,
      ...nvrm("440.95.01"),
      ...libcuda("440.95.01"),
      ...toolkit("10.2", "10.2.89", "10.2", "x86_64-linux"),
      ...library("/opt/trt/lib", "nvinfer", "7.1.3", "7"),
      "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
      "/etc/ld.so.conf.d/trt.conf": "/opt/trt/lib\n",
      ...cache(["libcudart.so.10.2", CUDART], ["libcuda.so.1", `${LIB}/libcuda.so.1`]),
    },
    runnable: "WILL_NOT_RUN",
    says: ["/opt/trt/lib", "ldconfig"],
  },
  {
    kind: 2,
    title: "TensorRT in /opt that no configuration names, in a copy with neither cache nor configuration",
    tree: {
      ...T4,
      ...nvrm("440.95.01"),
      ...toolkit("10.2", "10.2.89", "10.2", "x86_64-linux"),
      ...library("/opt/tensorrt-7/lib", "nvinfer", "7.1.3", "7"),
    },
    runnable: "CANNOT_TELL",
    facts: { tensorrt: "7.1.3" },
  },
  {
    kind: 3,
    title: "a CUDA runtime of 0 bytes beside a C library with content",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...nvrm("440.95.01"),
      "/.dockerenv": "",
      [`${LIB}/libc.so.6`]: sharedObject({ soname: "libc.so.6" }),
    },
    runnable: "WILL_NOT_RUN",
    says: ["libcudart.so.10.2.89", "0 bytes"],
  },
  {
    kind: 3,
    title: "a copy whose library files are all empty, which tells nothing against them",
    tree: { ...T4, ...LIBRARIES, ...nvrm("440.95.01"), "/.dockerenv": "", [`${LIB}/libc.so.6`]: "" },
    runnable: "RUNNABLE",
  },
  {
    kind: 4,
    title: "a container on WSL2 whose libcuda the runtime has mounted among the system's libraries",
    tree: {
      ...X86,
      ...CPU,
      ...LIBRARIES,
      "/.dockerenv": "",
      "/dev/dxg": "",
      [`${LIB}/libcuda.so.1.1`]: "",
      [`${LIB}/libcuda.so.1`]: { link: "libcuda.so.1.1" },
    },
    uname: WSL_UNAME,
    runnable: "CANNOT_TELL",
    facts: { accelerator: "NVIDIA", driver: null, gpus: [expect.objectContaining({ integrated: false })] },
  },
  {
    kind: 4,
    title: "a sandbox that hands the GPU in by its node and libcuda, without /proc/driver/nvidia",
    tree: { ...X86, ...CPU, ...LIBRARIES, ...libcuda("550.90.07"), "/.dockerenv": "", "/dev/nvidiactl": "" },
    runnable: "WILL_NOT_RUN",
    facts: { accelerator: "NVIDIA", sm: null },
  },
  {
    kind: 5,
    title: "TensorRT unpacked to /usr/local/trt7, named by ld.so.conf itself",
    tree: {
      ...T4,
      ...nvrm("440.95.01"),
      ...toolkit("10.2", "10.2.89", "10.2", "x86_64-linux"),
      ...library("/usr/local/trt7/lib", "nvinfer", "7.1.3", "7"),
      "/etc/ld.so.conf": "/usr/local/trt7/lib\n/usr/local/cuda-10.2/targets/x86_64-linux/lib\n",
    },
    runnable: "RUNNABLE",
    facts: { tensorrt: "7.1.3", cuda: "10.2.89" },
  },
  {
    kind: 5,
    title: "TensorRT in a conda environment alone",
    tree: {
      ...T4,
      ...nvrm("440.95.01"),
      ...toolkit("10.2", "10.2.89", "10.2", "x86_64-linux"),
      "/home/edge/miniconda3/envs/model/conda-meta/history": "",
      "/home/edge/miniconda3/envs/model/lib/libnvinfer.so.7.1.3": "",
      [`${LIB}/libc.so.6`]: "",
    },
    runnable: "WILL_NOT_RUN",
    says: ["/home/edge/miniconda3/envs/model/lib/libnvinfer.so.7.1.3", "conda"],
  },
  {
    kind: 6,
    title: "a Xavier with meta-tegra's kernel, without nv_tegra_release",
    tree: { ...ARM64, ...deviceTree("Jetson-AGX", "nvidia,galen", "nvidia,tegra194"), "/proc/1/cgroup": "0::/\n" },
    uname: uname("aarch64", "4.9.337-l4t-r32.7.4+g1234"),
    job: xavierJob(),
    runnable: "RUNNABLE_UNTESTED",
    facts: { jetson: expect.objectContaining({ l4t: "32.7.4", jetpack: "4.6.4", product: "AGX Xavier" }) },
  },
  {
    kind: 6,
    title: "an Orin with meta-tegra's kernel of R36, whose libraries are not inferred",
    tree: { ...ARM64, ...deviceTree("NVIDIA Jetson Orin Nano", "nvidia,p3768-0000+p3767-0003", "nvidia,tegra234") },
    uname: uname("aarch64", "5.15.148-l4t-r36.4.3-1012.12+g5c0ac9"),
    job: armJob({ gpuCode: "sm_87", trtVer: "10.3.0", cudaVer: "12.6" }),
    runnable: "CANNOT_TELL",
    facts: { jetson: expect.objectContaining({ l4t: "36.4.3", jetpack: "6.2" }), cuda: null },
  },
  {
    kind: 8,
    title: "TensorRT 10.13.3 on an Orin",
    tree: {
      ...l4t(39, "2.0", "generic"),
      ...deviceTree("NVIDIA Jetson Orin Nano", "nvidia,p3768-0000+p3767-0005", "nvidia,tegra234"),
      ...toolkit("13.0", "13.0.48", "13", "sbsa-linux"),
      ...library(ARM_LIB, "nvinfer", "10.13.3", "10"),
    },
    uname: uname("aarch64", "6.8.12-tegra"),
    job: onOrin,
    runnable: "WILL_NOT_RUN",
    says: ["10.13.3", "8.7", "JetPack's own TensorRT"],
  },
  {
    kind: 8,
    title: "TensorRT 10.6 on a V100",
    tree: {
      ...X86,
      ...CPU,
      ...pci("0000:00:1e.0", "1db1"),
      ...nvrm("550.90.07"),
      ...toolkit("12.4", "12.4.127", "12", "x86_64-linux"),
      ...library(LIB, "nvinfer", "10.6.0", "10"),
    },
    job: someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_70", trtVer: "10.6.0", cudaVer: "12.4" }) }),
    runnable: "WILL_NOT_RUN",
    says: ["10.6.0", "7.0", "Install TensorRT 10.4"],
  },
  {
    kind: 8,
    title: "a Xavier NX without a module number but with the memory of the 16 GB one",
    tree: {
      ...l4t(32, "7.1", "t186ref"),
      ...deviceTree("Jetson-Xavier-NX-Vendor", "nvidia,tegra194"),
      ...JETSON_LIBRARIES,
      "/proc/meminfo": "MemTotal:       15927556 kB\n",
    },
    uname: ARM_UNAME,
    job: xavierJob(),
    runnable: "RUNNABLE_UNTESTED",
    says: ["16 GB", "8.2.1.9"],
  },
  {
    kind: 9,
    title: "a vendor's board with the code name jakku alone",
    tree: {
      ...l4t(32, "6.1", "t186ref"),
      ...deviceTree("Vendor Box", "nvidia,tegra194"),
      "/proc/device-tree/nvidia,dtsfilename": "/dvs/hardware/nvidia/platform/t19x/jakku/kernel-dts/tegra194-box.dts\0",
    },
    uname: ARM_UNAME,
    job: xavierJob(),
    runnable: "RUNNABLE_UNTESTED",
    facts: { jetson: expect.objectContaining({ product: "Xavier NX" }) },
  },
  {
    kind: 9,
    title: "an Orin NX by name, of 8 GB by its memory",
    tree: {
      ...l4t(36, "4.3", "generic"),
      ...deviceTree("Vendor ORIN_NX carrier", "nvidia,tegra234"),
      "/proc/meminfo": "MemTotal:        7619612 kB\n",
    },
    uname: uname("aarch64", "5.15.148-tegra"),
    job: xavierJob(),
    runnable: "WILL_NOT_RUN",
    facts: { jetson: expect.objectContaining({ product: "Orin NX 8GB" }) },
  },
  {
    kind: 10,
    title: "a TensorRT whose file asks a newer glibc than the system has",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...nvrm("440.95.01"),
      [`${LIB}/libnvinfer.so.7.1.3`]: sharedObject({
        versionNeeds: [{ library: "libc.so.6", versions: ["GLIBC_2.14", "GLIBC_2.27"] }],
      }),
      [CUDART.replace("10.2", "10.2")]: { link: "libcudart.so.10.2.89" },
      "/usr/local/cuda-10.2/targets/x86_64-linux/lib/libcudart.so.10.2.89": sharedObject({}),
      "/usr/bin/ldd": "echo 'ldd (GNU libc) 2.17'\n",
    },
    runnable: "WILL_NOT_RUN",
    says: ["libnvinfer.so.7.1.3", "2.27", "2.17"],
  },
  {
    kind: 10,
    title: "a system older than AWS documents, whose libraries' needs are read and met",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...nvrm("440.95.01"),
      [`${LIB}/libnvinfer.so.7.1.3`]: sharedObject({
        versionNeeds: [{ library: "libc.so.6", versions: ["GLIBC_2.14"] }],
      }),
      "/usr/local/cuda-10.2/targets/x86_64-linux/lib/libcudart.so.10.2.89": sharedObject({}),
      "/usr/bin/ldd": "echo 'ldd (GNU libc) 2.23'\n",
    },
    runnable: "RUNNABLE",
  },
  {
    kind: 10,
    title: "musl in place of glibc",
    tree: { ...T4, ...LIBRARIES, ...nvrm("440.95.01"), "/lib/ld-musl-x86_64.so.1": "" },
    runnable: "WILL_NOT_RUN",
    says: ["glibc", "musl"],
  },
  {
    kind: 12,
    title: "a container with nvidiactl and nvidia0 but without nvidia-uvm",
    tree: {
      ...T4,
      ...LIBRARIES,
      ...nvrm("440.95.01"),
      ...libcuda("440.95.01"),
      "/.dockerenv": "",
      "/dev/nvidiactl": "",
      "/dev/nvidia0": "",
    },
    runnable: "WILL_NOT_RUN",
    says: ["/dev/nvidia-uvm", "container"],
  },
  {
    kind: 12,
    title: "a container without the capability nodes of its MIG instance",
    tree: {
      ...X86,
      ...CPU,
      ...pci("0000:00:1e.0", "20b0"),
      ...nvrm("470.256.02"),
      ...toolkit("11.2", "11.2.152", "11.0", "x86_64-linux"),
      ...library(LIB, "nvinfer", "8.2.0", "8"),
      "/.dockerenv": "",
      "/dev/nvidiactl": "",
      "/dev/nvidia0": "",
      "/dev/nvidia-uvm": "",
      "/proc/driver/nvidia/capabilities/gpu0/mig/gi1/access": "DeviceFileMinor: 12\nDeviceFileMode: 292\n",
      "/proc/driver/nvidia/capabilities/gpu0/mig/gi1/ci0/access": "DeviceFileMinor: 13\nDeviceFileMode: 292\n",
    },
    job: someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80", trtVer: "8.2.0", cudaVer: "11.2" }) }),
    runnable: "WILL_NOT_RUN",
    says: ["/dev/nvidia-caps/nvidia-cap12"],
  },
  {
    kind: 15,
    title: "an Armbian Nano without L4T: the chip's capability, and no accelerator",
    tree: {
      ...ARM64,
      ...deviceTree("NVIDIA Jetson Nano Developer Kit", "nvidia,p3450-0000", "nvidia,tegra210"),
      ...cores(["0x41", "0xd07"]),
      ...osRelease("debian", "12"),
    },
    uname: uname("aarch64", "6.6.31-current-arm64"),
    job: xavierJob(),
    runnable: "WILL_NOT_RUN",
    facts: { computeCapability: "5.3", accelerator: null },
  },
  {
    kind: 15,
    title: "an Orin on JetPack 6, whose display driver is not compared with CUDA's needs",
    tree: {
      ...l4t(36, "4.3", "generic"),
      ...deviceTree("NVIDIA Jetson Orin NX", "nvidia,p3768-0000+p3767-0000", "nvidia,tegra234"),
      ...nvrm("540.4.0", "NVIDIA UNIX Open Kernel Module for aarch64"),
      ...toolkit("12.6", "12.6.68", "12", "aarch64-linux"),
      ...library(ARM_LIB, "nvinfer", "10.3.0", "10"),
      [`${ARM_LIB}/nvidia/libcuda.so.1.1`]: "",
    },
    uname: uname("aarch64", "5.15.148-tegra"),
    job: armJob({ gpuCode: "sm_87", trtVer: "10.3.0", cudaVer: "12.6" }),
    runnable: "RUNNABLE_UNTESTED",
  },
];

describe("machines of each kind that was reported", () => {
  it.each(MACHINES.map((machine) => [machine.kind, machine.title, machine] as const))(
    "kind %i: %s",
    (_, __, machine) => {
      const facts = detectFacts(fakeHost(machine.tree, machine.uname ?? X86_UNAME), []);
      const input = someInput({ job: machine.job ?? someJob(), facts, deployed: null });
      const { verdict } = remedies(input, [], compare(input));
      const told = verdict.findings
        .filter(({ outcome }) => outcome === "DRIFT")
        .map(({ because, actual, remedy }) => [because, actual, ...remedy].join(" "));

      expect(summarize(facts)).toMatchObject(machine.facts ?? {});
      expect([verdict.runnable, told]).toEqual([machine.runnable, told]);
      const { says = [] } = machine;
      if (says.length > 0)
        expect(told).toContainEqual(
          expect.stringMatching(new RegExp(says.map((word) => `(?=[^]*${escaped(word)})`).join(""))),
        );
    },
  );
});

it("leaves a Xavier NX of 8 GB out of the pair of the 16 GB one", () => {
  const tree = { ...l4t(32, "7.1", "t186ref"), ...XAVIER_NX, ...JETSON_LIBRARIES };
  const facts = detectFacts(fakeHost(tree, ARM_UNAME), []);
  const { findings } = compare(someInput({ job: xavierJob(), facts, deployed: null }));

  expect(findings.filter(({ because }) => because.includes("8.2.1.8"))).toEqual([]);
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
