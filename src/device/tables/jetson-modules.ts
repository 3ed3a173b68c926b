/** One Jetson module, as its board number says. */
export interface JetsonModule {
  /** Board and SKU: `p2888-0001`. */
  readonly module: string;
  readonly product: string;
  readonly family: string;
  readonly soc: string;
  /** Key in SOURCES. */
  readonly source: string;
}

/** A name in the device tree that tells the product but not the module. */
export interface JetsonName {
  /** An entry of `compatible`, without `nvidia,`. */
  readonly name: string;
  readonly product: string;
  readonly family: string;
  readonly soc: string;
  readonly source: string;
}

/** A model string that tells the product; the first row that fits counts. */
export interface JetsonModel {
  readonly pattern: RegExp;
  readonly product: string;
  readonly family: string;
  readonly soc: string;
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  jetson_stats: "rbonghi/jetson_stats jtop/core/jetson_variables.py, MODULE_NAME_TABLE",
  jgpio: "NVIDIA/jetson-gpio lib/python/Jetson/GPIO/gpio_pin_data.py, compats lists",
  linux: "Linux arch/arm64/boot/dts/nvidia, board compatible strings",
  sbc: "ThomasKaiser/sbc-bench results, device-tree captures",
};

/** Every module by board number and SKU. */
export const JETSON_MODULES: readonly JetsonModule[] = [
  row("p2180-1000", "TX1", "tx1", "tegra210", "jetson_stats"),
  row("p2888-0001", "AGX Xavier", "xavier", "tegra194", "jetson_stats"),
  row("p2888-0003", "AGX Xavier", "xavier", "tegra194", "jetson_stats"),
  row("p2888-0004", "AGX Xavier", "xavier", "tegra194", "jetson_stats"),
  row("p2888-0005", "AGX Xavier", "xavier", "tegra194", "jetson_stats"),
  row("p2888-0006", "AGX Xavier", "xavier", "tegra194", "jetson_stats"),
  row("p2888-0008", "AGX Xavier Industrial", "xavier", "tegra194", "jetson_stats"),
  row("p3310-1000", "TX2", "tx2", "tegra186", "jetson_stats"),
  row("p3448-0000", "Nano 4GB dev kit", "nano", "tegra210", "jetson_stats"),
  row("p3448-0002", "Nano 4GB", "nano", "tegra210", "jetson_stats"),
  row("p3448-0003", "Nano 2GB dev kit", "nano", "tegra210", "jetson_stats"),
  row("p3489-0000", "TX2i", "tx2", "tegra186", "jetson_stats"),
  row("p3489-0888", "TX2 4GB", "tx2", "tegra186", "jetson_stats"),
  row("p3636-0001", "TX2 NX", "tx2", "tegra186", "jetson_stats"),
  row("p3668-0000", "Xavier NX", "xavier", "tegra194", "jetson_stats"),
  row("p3668-0001", "Xavier NX", "xavier", "tegra194", "jetson_stats"),
  row("p3668-0003", "Xavier NX", "xavier", "tegra194", "jetson_stats"),
  row("p3701-0000", "AGX Orin", "orin", "tegra234", "jetson_stats"),
  row("p3701-0001", "AGX Orin", "orin", "tegra234", "jgpio"),
  row("p3701-0002", "IGX Orin", "orin", "tegra234", "jetson_stats"),
  row("p3701-0004", "AGX Orin 32GB", "orin", "tegra234", "jetson_stats"),
  row("p3701-0005", "AGX Orin 64GB", "orin", "tegra234", "jetson_stats"),
  row("p3701-0008", "AGX Orin Industrial", "orin", "tegra234", "jgpio"),
  row("p3767-0000", "Orin NX 16GB", "orin", "tegra234", "jetson_stats"),
  row("p3767-0001", "Orin NX 8GB", "orin", "tegra234", "jetson_stats"),
  row("p3767-0003", "Orin Nano 8GB", "orin", "tegra234", "jetson_stats"),
  row("p3767-0004", "Orin Nano 4GB", "orin", "tegra234", "jetson_stats"),
  row("p3767-0005", "Orin Nano", "orin", "tegra234", "jetson_stats"),
  row("p3834-0000", "AGX Thor", "thor", "tegra264", "jgpio"),
  row("p3834-0005", "AGX Thor", "thor", "tegra264", "jgpio"),
  row("p3834-0008", "AGX Thor T5000", "thor", "tegra264", "jetson_stats"),
];

/** Names that stand in `compatible` beside or instead of a module number; the more special before the general. */
export const JETSON_NAMES: readonly JetsonName[] = [
  name("e3900-0000+p2888-0004", "Clara AGX", "xavier", "tegra194", "jgpio"),
  name("galen-industrial", "AGX Xavier Industrial", "xavier", "tegra194", "jgpio"),
  name("jetson-xavier-industrial", "AGX Xavier Industrial", "xavier", "tegra194", "jgpio"),
  name("galen", "AGX Xavier", "xavier", "tegra194", "sbc"),
  name("jetson-xavier", "AGX Xavier", "xavier", "tegra194", "jgpio"),
  name("p2972-0000", "AGX Xavier", "xavier", "tegra194", "linux"),
  name("p2972-0006", "AGX Xavier", "xavier", "tegra194", "linux"),
  name("p3450-0000", "Nano 4GB dev kit", "nano", "tegra210", "linux"),
  name("p3450-0002", "Nano 4GB", "nano", "tegra210", "linux"),
  name("p3541-0000", "Nano 2GB dev kit", "nano", "tegra210", "linux"),
  name("jetson-cv", "TX1", "tx1", "tegra210", "jgpio"),
  name("p2371-2180", "TX1", "tx1", "tegra210", "linux"),
  name("storm", "TX2i", "tx2", "tegra186", "jgpio"),
  name("lightning", "TX2 4GB", "tx2", "tegra186", "jgpio"),
  name("quill", "TX2", "tx2", "tegra186", "jgpio"),
  name("p2771-0000", "TX2", "tx2", "tegra186", "linux"),
  name("p2771-0888", "TX2 4GB", "tx2", "tegra186", "linux"),
];

/** Model strings, the more special before the general. OEM boards overwrite them: the weakest place of all. */
export const JETSON_MODELS: readonly JetsonModel[] = [
  model(/Xavier NX/i, "Xavier NX", "xavier", "tegra194", "sbc"),
  model(/AGX Xavier Industrial/i, "AGX Xavier Industrial", "xavier", "tegra194", "jgpio"),
  model(/^Jetson-AGX$|^jetson-xavier$|AGX Xavier/i, "AGX Xavier", "xavier", "tegra194", "sbc"),
  model(/AGX Orin Industrial/i, "AGX Orin Industrial", "orin", "tegra234", "sbc"),
  model(/AGX Orin|Orin Jetson-Small/i, "AGX Orin", "orin", "tegra234", "sbc"),
  model(/IGX Orin/i, "IGX Orin", "orin", "tegra234", "jetson_stats"),
  model(/Orin NX/i, "Orin NX", "orin", "tegra234", "sbc"),
  model(/Orin Nano/i, "Orin Nano", "orin", "tegra234", "sbc"),
  model(/AGX Thor/i, "AGX Thor", "thor", "tegra264", "jetson_stats"),
  model(/Jetson Nano 2GB/i, "Nano 2GB dev kit", "nano", "tegra210", "sbc"),
  model(/Jetson Nano/i, "Nano 4GB", "nano", "tegra210", "sbc"),
  model(/^jetson_tx1$|Jetson TX1/i, "TX1", "tx1", "tegra210", "jetson_stats"),
  model(/^lanai-3636$|TX2 NX/i, "TX2 NX", "tx2", "tegra186", "jetson_stats"),
  model(/^storm$/i, "TX2i", "tx2", "tegra186", "jgpio"),
  model(/^quill$|Jetson TX2/i, "TX2", "tx2", "tegra186", "jetson_stats"),
];

/** The module of that number and SKU, null when the table has none. */
export function jetsonModule(module: string): JetsonModule | null {
  return JETSON_MODULES.find((row) => row.module === module) ?? null;
}

/** Whether a board number (`2888`) is a module's, not a carrier's. */
export function isModuleBoard(board: string): boolean {
  return JETSON_MODULES.some((row) => row.module.startsWith(`p${board}-`));
}

function row(module: string, product: string, family: string, soc: string, source: string): JetsonModule {
  return { module, product, family, soc, source };
}

function name(text: string, product: string, family: string, soc: string, source: string): JetsonName {
  return { name: text, product, family, soc, source };
}

function model(pattern: RegExp, product: string, family: string, soc: string, source: string): JetsonModel {
  return { pattern, product, family, soc, source };
}
