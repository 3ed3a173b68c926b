/** What one file states, verbatim: evidence for the chosen value. */
export interface Sighting {
  readonly from: string;
  readonly value: string;
}

/**
 * How far a known value can be relied on.
 * FIRM: all places agree. DISPUTED: some place disagrees (see `seen`).
 * INFERRED: not stated anywhere, but derived from another fact by a table.
 * DECLARED: stated by an operator's drop-in file.
 */
export type Confidence = "FIRM" | "DISPUTED" | "INFERRED" | "DECLARED";

/** The outcome of reading one fact. "absent" means that we looked and it is not there. */
export type Reading<T> =
  | {
      readonly state: "known";
      readonly value: T;
      readonly from: string;
      readonly confidence: Confidence;
      readonly seen?: readonly Sighting[];
    }
  | { readonly state: "absent"; readonly from: string; readonly seen?: readonly Sighting[] }
  | { readonly state: "unreadable"; readonly from: string; readonly why: string; readonly seen?: readonly Sighting[] };

/** The value of a reading, or null. */
export function known<T>(reading: Reading<T> | undefined): T | null {
  return reading?.state === "known" ? reading.value : null;
}

/** The architectures a packaging job can name, by what the userland can run. */
export type Arch = "ARM64" | "X86_64";

/** One NVIDIA GPU, usable or not. */
export interface Gpu {
  /** Part of a Tegra SoC (Jetson), not a card. */
  readonly integrated: boolean;
  readonly name: string | null;
  /** `10de:1eb8`; null for an integrated GPU that is not a PCI device. */
  readonly pciId: string | null;
  /** `0000:00:1e.0`; null for an integrated GPU that is not a PCI device. */
  readonly address: string | null;
  /** NVIDIA's chip name, such as `TU104`. */
  readonly chip: string | null;
  /** `7.5`; null when no table knows the chip. */
  readonly computeCapability: string | null;
  /** The kernel driver that holds it if that is not NVIDIA's (`nouveau`, `vfio-pci`), otherwise null. */
  readonly boundTo: string | null;
  /** Whether NVIDIA's driver (or L4T's user space, on Tegra) drives it. */
  readonly usable: boolean;
}

/** Which Jetson this is. */
export interface Jetson {
  /** The device tree's model string. */
  readonly model: string | null;
  /** `xavier`, `orin`, `nano`, `tx1`, `tx2`, `thor`, … */
  readonly family: string | null;
  /** `AGX Xavier`, `Xavier NX`, `AGX Xavier Industrial`, `AGX Orin 64GB`, … */
  readonly product: string | null;
  /** `tegra194` */
  readonly soc: string | null;
  /** `p2888-0001` */
  readonly module: string | null;
  /** `32.7.1` */
  readonly l4t: string | null;
  /** `4.6.1`; null when L4T does not name one JetPack. */
  readonly jetpack: string | null;
  /** The possible JetPacks if L4T does not name a single one: `["3.2.1", "3.3"]`, `["6.x"]`. */
  readonly jetpackCandidates: readonly string[];
}

/** One installed version of a library. */
export interface Installed {
  readonly version: string;
  readonly from: string;
  /** Whether the dynamic loader finds it; null when unknown. */
  readonly loadable: boolean | null;
  /** Why the loader does not find it, or why that is unknown. */
  readonly why?: string;
  /** The C library release that the file needs, `2.27`; missing if its content does not show one. */
  readonly glibc?: string;
}

/** The user-space half of NVIDIA's driver, which CUDA programs load. */
export interface Libcuda {
  /** The driver release in its name, `550.107.02`; null where the name has none, as on Tegra and WSL2. */
  readonly version: string | null;
  readonly path: string;
  /** Whether the dynamic loader finds it; null when unknown. */
  readonly loadable: boolean | null;
  /** Part of NVIDIA's CUDA compatibility package (cuda-compat-X-Y). */
  readonly compat: boolean;
  /** The C library release that it needs; missing if its content does not show one. */
  readonly glibc?: string;
}

/** A library (CUDA runtime, cuDNN, TensorRT): what the loader would find, and all that is installed. */
export interface Library {
  /** As precise as the files are: `10.2.89`, `11.2`. */
  readonly version: string;
  /** Newest first, the chosen one included; one version may come from several places. */
  readonly installed: readonly Installed[];
}

export interface Cpu {
  readonly name: string | null;
  readonly cores: number | null;
  /** ARM: `0x4e/0x004`, of the first core. */
  readonly part: string | null;
  /** Linux flag names that every core has, in alphabetical order. */
  readonly features: readonly string[];
}

/** This process's user's access to what the model needs. */
export interface Access {
  readonly path: string;
  readonly allowed: boolean;
  readonly why: string | null;
}

/** Everything known about this machine: each fact with its state and where it was read. */
export interface DeviceFacts {
  readonly os: Reading<string>;
  readonly arch: Reading<Arch>;
  readonly unameMachine: Reading<string>;
  readonly kernelRelease: Reading<string>;
  /** Width and ELF machine of the userland. */
  readonly userland: Reading<{ readonly bits: 32 | 64; readonly machine: string }>;
  readonly distro: Reading<{ readonly id: string; readonly version: string | null }>;
  /** `2.27` */
  readonly glibc: Reading<string>;
  /** "absent" when there is no GPU that is driven. */
  readonly accelerator: Reading<"NVIDIA">;
  /** Every NVIDIA GPU in order of address; an empty list where there is none. */
  readonly gpus: Reading<readonly Gpu[]>;
  /** "absent" where this is not a Jetson. */
  readonly jetson: Reading<Jetson>;
  /** The L4T release, `32.7.1`; "absent" where this is not a Jetson. */
  readonly l4t: Reading<string>;
  /** The JetPack release; "unreadable" with a reason where L4T does not name one. */
  readonly jetpack: Reading<string>;
  /** NVIDIA's kernel module; on Orin it drives the display only. */
  readonly driver: Reading<string>;
  /** The libcuda that the loader finds; if there is none, one that it does not find. */
  readonly libcuda: Reading<Libcuda>;
  readonly cuda: Reading<Library>;
  readonly cudnn: Reading<Library>;
  readonly tensorrt: Reading<Library>;
  readonly container: Reading<boolean>;
  readonly cpu: Reading<Cpu>;
  /** Bytes, from /proc/meminfo. */
  readonly memory: Reading<{ readonly totalBytes: number; readonly availableBytes: number | null }>;
  /** Bytes free for the component's user where packages are unpacked. */
  readonly disk: Reading<{ readonly path: string; readonly freeBytes: number }>;
  /** Device nodes and libraries that a GPU model opens; empty if there is nothing to open. */
  readonly access: Reading<readonly Access[]>;
}

/** A fact's name. */
export type FactKey = keyof DeviceFacts;
