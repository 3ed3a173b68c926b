import type { Uname } from "../../../src/device/host.js";
import { elf, type FakeTree } from "../fake-host.js";

/** What should come out of a machine, as the summary spells it; what is not named here is not compared. */
export interface Expected {
  readonly arch: "ARM64" | "X86_64" | null;
  readonly distro?: { readonly id: string; readonly version: string | null };
  readonly accelerator: "NVIDIA" | null;
  readonly sm: string | null;
  /** `pciId computeCapability`, `integrated 7.2`, with `(driver)` where another holds it. */
  readonly gpus: readonly string[];
  /** `product module l4t jetpack`, `-` for null; null where this is no Jetson. */
  readonly jetson: string | null;
  readonly driver: string | null;
  readonly cuda: string | null;
  readonly cudnn: string | null;
  readonly tensorrt: string | null;
  readonly container: boolean;
}

/** A machine that is not among the captured ones, put together from what documents say of its parts. */
export interface Machine {
  readonly title: string;
  readonly uname: Uname;
  readonly tree: FakeTree;
  readonly expected: Expected;
}

/** The kernel's own words, machine and release. */
export function uname(machine: string, release: string): Uname {
  return { sysname: "Linux", release, machine, from: "uname" };
}

/** /etc/nv_tegra_release as L4T writes it. */
export function l4t(major: number, revision: string, board: string): FakeTree {
  const more =
    "# KERNEL_VARIANT: oot\nTARGET_USERSPACE_LIB_DIR=nvidia\nTARGET_USERSPACE_LIB_DIR_PATH=usr/lib/aarch64-linux-gnu/nvidia\n";
  const date = major === 39 ? "Tue Jan 20 09:28:48 PM UTC 2026" : "Sat Feb 19 17:07:00 UTC 2022";
  return {
    "/etc/nv_tegra_release": `# R${major} (release), REVISION: ${revision}, GCID: 29818004, BOARD: ${board}, EABI: aarch64, DATE: ${date}\n${major >= 36 ? more : ""}`,
    "/bin/sh": elf(64, 0xb7),
  };
}

/** The device tree's names. */
export function deviceTree(model: string, ...compatible: readonly string[]): FakeTree {
  return {
    "/proc/device-tree/model": `${model}\0`,
    "/proc/device-tree/compatible": compatible.map((entry) => `${entry}\0`).join(""),
  };
}

/** A display function of the PCI bus; bound where the driver is named. */
export function pci(address: string, device: string, driver: string | null = "nvidia", kind = "0x030200"): FakeTree {
  const folder = `/sys/bus/pci/devices/${address}`;
  return {
    [`${folder}/vendor`]: "0x10de\n",
    [`${folder}/device`]: `0x${device}\n`,
    [`${folder}/class`]: `${kind}\n`,
    [`${folder}/uevent`]: `${driver === null ? "" : `DRIVER=${driver}\n`}PCI_CLASS=${kind.slice(2)}\nPCI_ID=10DE:${device.toUpperCase()}\n`,
  };
}

/** The version file of NVIDIA's proprietary or open kernel module. */
export function nvrm(version: string, module = "NVIDIA UNIX x86_64 Kernel Module"): FakeTree {
  const built = module.includes("Open") ? "Release Build  (root@build)  " : "";
  return {
    "/proc/driver/nvidia/version": `NVRM version: ${module}  ${version}  ${built}Wed Aug 27 00:00:00 UTC 2025\nGCC version:  gcc version 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)\n`,
    "/sys/module/nvidia/version": `${version}\n`,
  };
}

/** A library as packages install it: the file, and its soname as a link. */
export function library(folder: string, name: string, version: string, soname: string): FakeTree {
  return {
    [`${folder}/lib${name}.so.${version}`]: "",
    [`${folder}/lib${name}.so.${soname}`]: { link: `lib${name}.so.${version}` },
  };
}

/** A toolkit with version.json and its runtime, as cuda-X.Y packages install it; `target` as in targets/<target>/lib. */
export function toolkit(release: string, cudart: string, soname: string, target: string): FakeTree {
  const folder = `/usr/local/cuda-${release}`;
  const json = {
    cuda: { name: "CUDA SDK", version: `${release}.0` },
    cuda_cudart: { name: "CUDA Runtime (cudart)", version: cudart },
    nvidia_driver: { name: "NVIDIA Linux Driver", version: "999.99" },
  };
  return {
    [`${folder}/version.json`]: JSON.stringify(json),
    [`${folder}/lib64`]: { link: `targets/${target}/lib` },
    ...library(`${folder}/targets/${target}/lib`, "cudart", cudart, soname),
  };
}

/** The links of update-alternatives that make one toolkit the default: absolute ones. */
export function defaultToolkit(release: string): FakeTree {
  return {
    "/usr/local/cuda": { link: "/etc/alternatives/cuda" },
    "/etc/alternatives/cuda": { link: `/usr/local/cuda-${release}` },
  };
}

/** A stanza of dpkg's state. */
export function stanza(name: string, version: string, arch: string, status = "install ok installed"): string {
  return `Package: ${name}\nStatus: ${status}\nPriority: optional\nArchitecture: ${arch}\nVersion: ${version}\nDescription: words\n Version: 99.9\n\n`;
}

/** /etc/os-release. */
export function osRelease(id: string, version: string | null): FakeTree {
  return { "/etc/os-release": `NAME="Some Linux"\nID=${id}\n${version === null ? "" : `VERSION_ID="${version}"\n`}` };
}

/** An x86-64 userland. */
export const X86: FakeTree = { "/bin/sh": elf(64, 0x3e) };
/** An arm64 userland. */
export const ARM64: FakeTree = { "/bin/sh": elf(64, 0xb7) };

/** Cores of /proc/cpuinfo on ARM. */
export function cores(...parts: readonly (readonly [implementer: string, part: string])[]): FakeTree {
  const text = parts.map(
    ([implementer, part], i) =>
      `processor\t: ${i}\nFeatures\t: fp asimd aes sha1 sha2 crc32\nCPU implementer\t: ${implementer}\nCPU architecture: 8\nCPU part\t: ${part}\n\n`,
  );
  return { "/proc/cpuinfo": text.join("") };
}
