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
  stanza,
  toolkit,
  uname,
  X86,
} from "../device/machines/parts.js";
import { AVX2_FEATURES, armJob, cpuJob, gpuOptions, NO_OPTIONS, someInput, someJob } from "./builders.js";

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
const WITHOUT_TENSORRT: FakeTree = Object.fromEntries(
  Object.entries({ ...T4, ...library(LIB, "cuda", "470.57.02", "1") }).filter(([path]) => !path.includes("libnvinfer")),
);
const VENV = "/greengrass/v2/work/com.example.Model/venv/lib/python3.8/site-packages";
const nodes = (...names: readonly string[]): FakeTree =>
  Object.fromEntries(names.map((name) => [`/dev/${name}`, { kind: "character device" }]));
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
    title: "a container with the driver's nodes but without a GPU's, as NVIDIA_VISIBLE_DEVICES=none makes it",
    source: "libnvidia-container: with none the driver is mounted without a GPU",
    tree: {
      ...T4,
      ...library(LIB, "cuda", "470.57.02", "1"),
      "/.dockerenv": "",
      ...nodes("null", "nvidiactl", "nvidia-uvm"),
      "/etc/ld.so.cache": ldCache([...GIVEN, ["libcuda.so.1", `${LIB}/libcuda.so.1`]]),
    },
    runnable: "WILL_NOT_RUN",
    says: ["/dev/nvidia0", "NVIDIA runtime"],
  },
  {
    title: "a container that was started without the NVIDIA runtime, beside the host's driver",
    source: "Thinklab-SJTU/R3Det_Tensorflow issue #78",
    tree: { ...T4, "/.dockerenv": "", ...nodes("null"), "/etc/ld.so.cache": ldCache(GIVEN) },
    runnable: "WILL_NOT_RUN",
    says: ["was not given", "NVIDIA runtime"],
  },
  {
    title: "a container on WSL2 that was started without the GPU",
    source: "NVIDIA/nvidia-docker issues #1225 and #1437",
    tree: {
      ...SERVER,
      "/.dockerenv": "",
      ...nodes("null"),
      "/proc/version": "Linux version 5.15\n",
      "/etc/ld.so.cache": ldCache([]),
    },
    uname: uname("x86_64", "5.15.90.1-microsoft-standard-WSL2"),
    runnable: "WILL_NOT_RUN",
    says: ["WSL2 passes none through", "--gpus all"],
  },
  {
    title: "a copy of WSL2 without device nodes, which does not tell whether a GPU is handed in",
    source: "microsoft/WSL issue #8587, without /dev",
    tree: { ...SERVER, "/proc/version": "Linux version 5.15\n", "/usr/lib/wsl/lib/libcuda.so.1": "" },
    uname: uname("x86_64", "5.15.90.1-microsoft-standard-WSL2"),
    runnable: "CANNOT_TELL",
    facts: { accelerator: null, gpus: null },
  },
  {
    title: "NVIDIA's user space installed, its module not loaded after a kernel update",
    source: "NVIDIA/nvidia-docker issue #1235",
    tree: {
      ...SERVER,
      ...pci("0000:01:00.0", "1eb8", null),
      ...library(LIB, "cuda", "470.63.01", "1"),
      "/proc/version": "Linux version 5.4.0\n",
      "/etc/ld.so.cache": ldCache([["libcuda.so.1", `${LIB}/libcuda.so.1`]]),
    },
    runnable: "WILL_NOT_RUN",
    says: ["470.63.01", "modprobe nvidia"],
  },
  {
    title: "a driver that apt has updated without a reboot, of which only dpkg's list was copied",
    source: "NVIDIA/ubuntu-packaging-nvidia-driver issue #3",
    tree: {
      ...T4,
      "/var/lib/dpkg/status":
        stanza("nvidia-dkms-470", "470.82.01-0ubuntu0.20.04.1", "amd64") +
        stanza("libnvidia-compute-470", "470.82.01-0ubuntu0.20.04.1", "amd64"),
    },
    runnable: "WILL_NOT_RUN",
    says: ["470.82.01", "470.57.02", "reboot"],
  },
  {
    title: "a driver of Google's container OS, which LD_LIBRARY_PATH alone leads to",
    source: "GoogleCloudPlatform/container-engine-accelerators: /usr/local/nvidia in pods",
    tree: {
      ...T4,
      ...library("/usr/local/nvidia/lib64", "cuda", "470.57.02", "1"),
      "/run/.containerenv": "",
      "/etc/ld.so.cache": ldCache(GIVEN),
    },
    runnable: "RUNNABLE",
  },
  {
    title: "TensorRT unpacked in /usr, known to LD_LIBRARY_PATH of a shell alone",
    source: "NVIDIA/TensorRT issue #3053",
    tree: {
      ...WITHOUT_TENSORRT,
      ...library("/usr/TensorRT-7.1.3.4/lib", "nvinfer", "7.1.3", "7"),
      "/etc/ld.so.cache": ldCache(GIVEN.slice(0, 1)),
    },
    runnable: "WILL_NOT_RUN",
    says: ["/usr/TensorRT-7.1.3.4/lib", "ldconfig"],
  },
  {
    title: "TensorRT unpacked on a disk of its own",
    source: "wang-xinyu/tensorrtx issue #1501 (/mnt/workspace)",
    tree: {
      ...WITHOUT_TENSORRT,
      ...library("/mnt/workspace/TensorRT-7.1.3.4/lib", "nvinfer", "7.1.3", "7"),
      "/etc/ld.so.cache": ldCache(GIVEN.slice(0, 1)),
    },
    runnable: "WILL_NOT_RUN",
    says: ["/mnt/workspace/TensorRT-7.1.3.4/lib"],
  },
  {
    title: "TensorRT of the wheel nvidia-tensorrt in the environment of a Greengrass component",
    source: "NVIDIA/TensorRT issue #2218",
    tree: {
      ...WITHOUT_TENSORRT,
      [`${VENV}/tensorrt/libnvinfer.so.8`]: "",
      [`${VENV}/nvidia_tensorrt-8.2.5.1.dist-info/METADATA`]: "",
      "/etc/ld.so.cache": ldCache(GIVEN.slice(0, 1)),
    },
    runnable: "WILL_NOT_RUN",
    says: [VENV, "8.2.5.1"],
  },
  {
    title: "TensorRT whose configured folder is a link, without ldconfig having been run",
    source: "NVIDIA/TensorRT issue #2218 (ld.so.conf.d)",
    tree: {
      ...WITHOUT_TENSORRT,
      ...library("/opt/TensorRT-7.1.3.4/targets/x86_64-linux-gnu/lib", "nvinfer", "7.1.3", "7"),
      "/opt/TensorRT-7.1.3.4/lib": { link: "targets/x86_64-linux-gnu/lib" },
      "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
      "/etc/ld.so.conf.d/trt.conf": "/opt/TensorRT-7.1.3.4/lib\n",
      "/etc/ld.so.cache": ldCache(GIVEN.slice(0, 1)),
    },
    runnable: "WILL_NOT_RUN",
    says: ["ldconfig has not been run"],
  },
  {
    title: "Arch Linux with CUDA in /opt/cuda, in a copy without the loader's cache",
    source: "Arch Linux package cuda",
    tree: {
      ...SERVER,
      ...pci("0000:01:00.0", "1eb8"),
      ...nvrm("520.56.06"),
      ...library("/usr/lib", "cuda", "520.56.06", "1"),
      ...library("/opt/cuda/targets/x86_64-linux/lib", "cudart", "11.8.89", "11.0"),
      ...library("/usr/lib", "nvinfer", "8.5.2", "8"),
    },
    job: someJob({ compilerOptions: gpuOptions({ trtVer: "8.5.2", cudaVer: "11.8" }) }),
    runnable: "RUNNABLE",
    facts: { cuda: "11.8.89" },
  },
  {
    title: "TensorRT 7.1.3 on an RTX 3060 Ti, which it holds no code for",
    source: "NVIDIA/TensorRT issue #975",
    tree: {
      ...SERVER,
      ...pci("0000:01:00.0", "2486"),
      ...nvrm("455.45.01"),
      ...library(LIB, "cuda", "455.45.01", "1"),
      ...toolkit("11.1", "11.1.74", "11.0", "x86_64-linux"),
      ...library(LIB, "nvinfer", "7.1.3", "7"),
    },
    job: someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_86", cudaVer: "11.1" }) }),
    runnable: "WILL_NOT_RUN",
    says: ["TensorRT 7.1.3", "TensorRT 8.x"],
  },
  {
    title: "an Orin on JetPack 5, whose display module has the number of L4T",
    source: "nix-community/nixGL issue #139",
    tree: {
      ...l4t(35, "3.1", "t186ref"),
      ...deviceTree("NVIDIA Orin NX Developer Kit", "nvidia,p3768-0000+p3767-0000", "nvidia,tegra234"),
      ...nvrm("35.3.1", "NVIDIA UNIX Open Kernel Module for aarch64"),
      ...TEGRA_LIBCUDA,
    },
    uname: uname("aarch64", "5.10.104-tegra"),
    job: armJob({ gpuCode: "sm_87", trtVer: "8.5.2", cudaVer: "11.4" }),
    runnable: "RUNNABLE_UNTESTED",
    facts: { driver: null },
  },
  {
    title: "a copy of an Orin that holds its device tree alone: whether its GPU is driven is not known",
    source: "packdrift: a place that was not copied tells nothing",
    tree: deviceTree("NVIDIA Orin NX Developer Kit", "nvidia,p3768-0000+p3767-0000", "nvidia,tegra234"),
    uname: { ...uname("aarch64", "5.15.148-tegra"), from: "/UNAME.json" },
    job: armJob({ gpuCode: "sm_87", trtVer: "10.3.0", cudaVer: "12.6" }),
    runnable: "CANNOT_TELL",
    facts: { accelerator: null, computeCapability: "8.7" },
  },
  {
    title: "a JetPack 4 image without the NVIDIA runtime: empty files, and no board to be seen",
    source: "dusty-nv/jetson-inference issue #1290, NVIDIA-ISAAC-ROS/isaac_ros_dnn_inference issue #17",
    tree: {
      ...ARM64,
      ...cores(["0x4e", "0x004"]),
      "/.dockerenv": "",
      ...nodes("null"),
      [`${ARM_LIB}/libc.so.6`]: "\x7fELF",
      ...library(ARM_LIB, "nvinfer", "8.2.1", "8"),
      ...library("/usr/local/cuda-10.2/targets/aarch64-linux/lib", "cudart", "10.2.300", "10.2"),
    },
    uname: uname("aarch64", "4.9.253-tegra"),
    job: armJob({ gpuCode: "sm_72", trtVer: "8.2.1", cudaVer: "10.2" }),
    runnable: "WILL_NOT_RUN",
    says: ["0 bytes", "on the host", "NVIDIA runtime"],
  },
  {
    title: "an IGX Orin in the mode for cards with a model for its own GPU",
    source: "nvidia-holoscan/holohub pull request #543",
    tree: {
      ...l4t(36, "3.0", "generic"),
      ...deviceTree("NVIDIA IGX Orin Developer Kit", "nvidia,p3740-0002+p3701-0008", "nvidia,tegra234"),
      ...pci("0005:09:00.0", "2230"),
      ...nvrm("560.35.03", "NVIDIA UNIX Open Kernel Module for aarch64"),
      ...library(ARM_LIB, "cuda", "560.35.03", "1"),
    },
    uname: uname("aarch64", "5.15.0-1012-nvidia-tegra-igx"),
    job: armJob({ gpuCode: "sm_87", trtVer: "10.3.0", cudaVer: "12.6" }),
    runnable: "WILL_NOT_RUN",
    says: ["mode for cards", "integrated GPU"],
    facts: { jetson: { product: "IGX Orin" }, computeCapability: "8.6" },
  },
  {
    title: "a Kubernetes node whose driver is a container of NVIDIA's GPU operator",
    source: "NVIDIA/gpu-operator issue #178",
    tree: {
      ...T4,
      "/etc/ld.so.cache": ldCache([...GIVEN]),
      ...library(`/run/nvidia/driver${LIB}`, "cuda", "470.57.02", "1"),
    },
    runnable: "WILL_NOT_RUN",
    says: ["/run/nvidia/driver", "in a container with the NVIDIA runtime"],
  },
  {
    title: "an LXC container without nvidia-uvm, told by what lxcfs lays over /proc",
    source: "canonical/lxd issue #5618",
    tree: {
      ...T4,
      ...library(LIB, "cuda", "470.57.02", "1"),
      "/etc/ld.so.cache": ldCache([...GIVEN, ["libcuda.so.1", `${LIB}/libcuda.so.1`]]),
      ...nodes("null", "nvidia0", "nvidiactl"),
      "/proc/1/cgroup": "0::/\n",
      "/proc/self/mountinfo": "9 8 0:60 /proc/cpuinfo /proc/cpuinfo rw - fuse.lxcfs lxcfs rw\n",
    },
    runnable: "WILL_NOT_RUN",
    says: ["/dev/nvidia-uvm", "this container was not given"],
  },
  {
    title: "a pod on a file system without overlays, without nvidia-uvm",
    source: "kubernetes: /etc/hosts is mounted from /var/lib/kubelet/pods",
    tree: {
      ...T4,
      ...library(LIB, "cuda", "470.57.02", "1"),
      "/etc/ld.so.cache": ldCache([...GIVEN, ["libcuda.so.1", `${LIB}/libcuda.so.1`]]),
      ...nodes("null", "nvidia0", "nvidiactl"),
      "/proc/1/cgroup": "0::/\n",
      "/proc/self/mountinfo": "9 8 8:2 /var/lib/kubelet/pods/0a/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n",
    },
    runnable: "WILL_NOT_RUN",
    says: ["/dev/nvidia-uvm", "this container was not given"],
  },
  {
    title: "WSL 1, which hands no GPU in",
    source: "microsoft/WSL issue #3847",
    tree: {
      ...SERVER,
      "/proc/version": "Linux version 4.4.0-19041-Microsoft",
      "/etc/ld.so.cache": ldCache([...GIVEN]),
    },
    uname: uname("x86_64", "4.4.0-19041-Microsoft"),
    runnable: "WILL_NOT_RUN",
    says: ["WSL 1", "wsl --set-version"],
  },
  {
    title: "WSL2 on a host without an NVIDIA GPU",
    source: "a control: /dev/dxg is there for any vendor's GPU",
    tree: {
      ...SERVER,
      ...nodes("null", "dxg"),
      "/etc/ld.so.cache": ldCache([]),
      "/usr/lib/wsl/lib/libd3d12.so": "ELF",
    },
    uname: uname("x86_64", "5.15.90.1-microsoft-standard-WSL2"),
    runnable: "WILL_NOT_RUN",
    says: ["WSL2 passes none through"],
  },
  {
    title: "NixOS after a switch to another driver without a reboot",
    source: "NixOS/nixpkgs issue #255070 (driver/library version mismatch)",
    tree: {
      ...SERVER,
      ...pci("0000:00:1e.0", "1eb8"),
      ...nvrm("555.58.02"),
      "/run/opengl-driver/lib": { link: "/nix/store/abc-nvidia-x11-560.35.03/lib" },
      ...library("/nix/store/abc-nvidia-x11-560.35.03/lib", "cuda", "560.35.03", "1"),
    },
    runnable: "WILL_NOT_RUN",
    says: ["560.35.03", "555.58.02", "A reboot"],
  },
  {
    title: "a Xavier built with meta-tegra, whose libraries all lie in /usr/lib",
    source: "OE4T/meta-tegra, branch dunfell-l4t-r32.7.x",
    tree: {
      ...ARM64,
      ...cores(["0x4e", "0x004"]),
      ...deviceTree("Jetson-AGX", "nvidia,p2972-0000", "nvidia,tegra194"),
      "/etc/ld.so.cache": ldCache(
        [
          ["libcuda.so.1", "/usr/lib/libcuda.so.1"],
          ["libnvinfer.so.8", "/usr/lib/libnvinfer.so.8"],
          ["libcudart.so.10.2", "/usr/local/cuda-10.2/lib/libcudart.so.10.2"],
        ],
        0x0a00,
      ),
      "/usr/lib/libcuda.so.1": { link: "libcuda.so.1.1" },
      "/usr/lib/libcuda.so.1.1": "",
      ...library("/usr/lib", "nvinfer", "8.2.1", "8"),
      ...library("/usr/local/cuda-10.2/lib", "cudart", "10.2.300", "10.2"),
    },
    uname: uname("aarch64", "4.9.253-l4t-r32.7.1+gabc1234"),
    job: armJob({ gpuCode: "sm_72", trtVer: "8.2.1", cudaVer: "10.2" }),
    runnable: "RUNNABLE",
  },
  {
    title: "an AGX Orin beside an undriven card, with a model for the card",
    source: "Jetson developer guides: no driver for cards on L4T R35",
    tree: {
      ...l4t(35, "4.1", "t186ref"),
      ...deviceTree("Jetson AGX Orin", "nvidia,p3701-0005", "nvidia,tegra234"),
      ...pci("0005:01:00.0", "2504", null),
      ...TEGRA_LIBCUDA,
    },
    uname: uname("aarch64", "5.10.120-tegra"),
    job: armJob({ gpuCode: "sm_86", trtVer: "8.5.2", cudaVer: "11.4" }),
    runnable: "WILL_NOT_RUN",
    says: ["GA106", "not driven"],
  },
  {
    title: "an A100 in MIG mode whose GPU instance has no compute instance",
    source: "NVIDIA MIG user guide: a GPU instance without a compute instance is no CUDA device",
    tree: {
      ...SERVER,
      ...pci("0000:21:00.0", "20b0"),
      ...nvrm("470.57.02"),
      ...library(LIB, "cuda", "470.57.02", "1"),
      ...toolkit("11.2", "11.2.152", "11.0", "x86_64-linux"),
      ...library(LIB, "nvinfer", "8.2.0", "8"),
      "/proc/driver/nvidia/capabilities/gpu0/mig/gi1/access": "DeviceFileMinor: 12\n",
    },
    job: someJob({ compilerOptions: gpuOptions({ gpuCode: "sm_80", trtVer: "8.2.0", cudaVer: "11.2" }) }),
    runnable: "WILL_NOT_RUN",
    says: ["MIG is on", "nvidia-smi mig -cci"],
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
