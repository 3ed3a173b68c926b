/** One Tegra SoC that a Jetson was built with. */
interface TegraSoc {
  /** Device-tree name without the vendor: `tegra194`. */
  readonly soc: string;
  /** The chip id in /sys/module/tegra_fuse and TEGRA_CHIPID. */
  readonly chipId: number;
  /** NVIDIA's name of the integrated GPU. */
  readonly gpu: string;
  readonly computeCapability: string;
  /** Null if products of several families have the SoC. */
  readonly family: string | null;
  /** Cores (`implementer/part`) that no other Tegra has: they identify the SoC if the device tree is hidden. */
  readonly ownCores: readonly string[];
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  jetson_stats: "rbonghi/jetson_stats jtop/core/jetson_variables.py, CUDA_TABLE; issues #48, #87, #162",
  "meta-tegra": "OE4T/meta-tegra conf/machine/include/tegra234.inc, tegra264.inc (CUDA architecture, NVIDIA_CHIP)",
};

/** Every Tegra SoC from TK1 to Thor, by chip generation. */
export const TEGRA_SOCS: readonly TegraSoc[] = [
  row("tegra124", 0x40, "GK20A", "3.2", "tk1", [], "jetson_stats"),
  row("tegra210", 0x21, "GM20B", "5.3", null, [], "jetson_stats"),
  row("tegra186", 0x18, "GP10B", "6.2", "tx2", ["0x4e/0x003"], "jetson_stats"),
  row("tegra194", 0x19, "GV11B", "7.2", "xavier", ["0x4e/0x004"], "jetson_stats"),
  row("tegra234", 0x23, "GA10B", "8.7", "orin", ["0x41/0xd42"], "meta-tegra"),
  row("tegra264", 0x26, "GB10B", "11.0", "thor", ["0x41/0xd83"], "meta-tegra"),
];

/** The SoC with this name; null if no Jetson has it. */
export function tegraSoc(soc: string): TegraSoc | null {
  return TEGRA_SOCS.find((row) => row.soc === soc) ?? null;
}

/** The SoC with this chip id; null if no Jetson has it. */
export function tegraByChipId(chipId: number): TegraSoc | null {
  return TEGRA_SOCS.find((row) => row.chipId === chipId) ?? null;
}

function row(
  soc: string,
  chipId: number,
  gpu: string,
  computeCapability: string,
  family: string | null,
  ownCores: readonly string[],
  source: string,
): TegraSoc {
  return { soc, chipId, gpu, computeCapability, family, ownCores, source };
}
