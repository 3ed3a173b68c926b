/** One ARM core, as /proc/cpuinfo identifies it. */
interface ArmCore {
  /** `implementer/part`, as the kernel writes them. */
  readonly part: string;
  readonly name: string;
  /** If a chip has several kinds of cores, the one with the higher rank is named first. */
  readonly rank: number;
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  lscpu: "util-linux/util-linux sys-utils/lscpu-arm.c",
};

/** Cores by implementer and part, ascending. */
export const ARM_CORES: readonly ArmCore[] = [
  arm("c07", "Cortex-A7", 1),
  arm("c09", "Cortex-A9", 2),
  arm("c0f", "Cortex-A15", 2),
  arm("d03", "Cortex-A53", 1),
  arm("d04", "Cortex-A35", 1),
  arm("d05", "Cortex-A55", 1),
  arm("d07", "Cortex-A57", 2),
  arm("d08", "Cortex-A72", 2),
  arm("d09", "Cortex-A73", 2),
  arm("d0a", "Cortex-A75", 2),
  arm("d0b", "Cortex-A76", 2),
  arm("d0c", "Neoverse-N1", 2),
  arm("d0d", "Cortex-A77", 2),
  arm("d0e", "Cortex-A76AE", 2),
  arm("d40", "Neoverse-V1", 2),
  arm("d41", "Cortex-A78", 2),
  arm("d42", "Cortex-A78AE", 2),
  arm("d44", "Cortex-X1", 3),
  arm("d46", "Cortex-A510", 1),
  arm("d47", "Cortex-A710", 2),
  arm("d48", "Cortex-X2", 3),
  arm("d49", "Neoverse-N2", 2),
  arm("d4a", "Neoverse-E1", 1),
  arm("d4b", "Cortex-A78C", 2),
  arm("d4c", "Cortex-X1C", 3),
  arm("d4d", "Cortex-A715", 2),
  arm("d4e", "Cortex-X3", 3),
  arm("d4f", "Neoverse-V2", 2),
  arm("d80", "Cortex-A520", 1),
  arm("d81", "Cortex-A720", 2),
  arm("d82", "Cortex-X4", 3),
  arm("d83", "Neoverse-V3AE", 2),
  arm("d84", "Neoverse-V3", 2),
  arm("d85", "Cortex-X925", 3),
  arm("d87", "Cortex-A725", 2),
  arm("d8e", "Neoverse-N3", 2),
  { part: "0x43/0x0af", name: "ThunderX2-99xx", rank: 2, source: "lscpu" },
  { part: "0x46/0x001", name: "A64FX", rank: 2, source: "lscpu" },
  { part: "0x48/0xd01", name: "TaiShan-v110", rank: 2, source: "lscpu" },
  { part: "0x4e/0x000", name: "NVIDIA Denver", rank: 3, source: "lscpu" },
  { part: "0x4e/0x003", name: "NVIDIA Denver 2", rank: 3, source: "lscpu" },
  { part: "0x4e/0x004", name: "NVIDIA Carmel", rank: 3, source: "lscpu" },
  { part: "0xc0/0xac3", name: "Ampere-1", rank: 2, source: "lscpu" },
  { part: "0xc0/0xac4", name: "Ampere-1a", rank: 2, source: "lscpu" },
];

/** The core with this implementer and part; null if the table does not have it. */
export function armCore(part: string): ArmCore | null {
  return ARM_CORES.find((row) => row.part === part) ?? null;
}

function arm(part: string, name: string, rank: number): ArmCore {
  return { part: `0x41/0x${part}`, name, rank, source: "lscpu" };
}
