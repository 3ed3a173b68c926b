/** One Jetson module, by its board number. */
interface JetsonModule {
  /** Board and SKU: `p2888-0001`. */
  readonly module: string;
  readonly product: string;
  readonly family: string;
  readonly soc: string;
  /** Key in SOURCES. */
  readonly source: string;
}

/** A name in the device tree that identifies the product but not the module. */
export interface JetsonName {
  /** An entry of `compatible`, without `nvidia,`. */
  readonly name: string;
  readonly product: string;
  readonly family: string;
  readonly soc: string;
  readonly source: string;
}

/** A model string that identifies the product; the first row that matches counts. */
export interface JetsonModel {
  readonly pattern: RegExp;
  readonly product: string;
  readonly family: string;
  readonly soc: string;
  readonly source: string;
}

/** The product that a name stands for, by the machine's memory. */
interface MemoryVariant {
  readonly name: string;
  /** The limit: more than the kernel reports for the smaller module, less than for the next. */
  readonly mostBytes: number;
  readonly product: string;
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  jetson_stats: "rbonghi/jetson_stats jtop/core/jetson_variables.py, MODULE_NAME_TABLE",
  jgpio: "NVIDIA/jetson-gpio lib/python/Jetson/GPIO/gpio_pin_data.py, compats lists",
  platform: "NVIDIA L4T sources, folders hardware/nvidia/platform/t*/<code name>; rbonghi/jetson_stats issue #181",
  memory: "NVIDIA Jetson module data sheets; the kernel shows 5 to 8 % less (MemTotal 15927556 kB on 16 GB)",
  igx: "Linux arch/arm64/boot/dts/nvidia/tegra234-p3740-0002+p3701-0008.dts: NVIDIA IGX Orin Development Kit",
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

/** Names in `compatible` next to, or instead of, a module number; the more specific ones first. */
export const JETSON_NAMES: readonly JetsonName[] = [
  name("e3900-0000+p2888-0004", "Clara AGX", "xavier", "tegra194", "jgpio"),
  name("p3740-0002+p3701-0008", "IGX Orin", "orin", "tegra234", "igx"),
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

/**
 * Names in the model string or the device tree's file name, with every run of blanks, dashes and underscores as one
 * blank; the specific before the general. The weakest source, since OEM boards overwrite it.
 */
export const JETSON_MODELS: readonly JetsonModel[] = [
  model(/\bxavier ?nx\b/i, "Xavier NX", "xavier", "tegra194", "sbc"),
  model(/\bagx xavier industrial\b|\bxavier industrial\b/i, "AGX Xavier Industrial", "xavier", "tegra194", "jgpio"),
  model(/^jetson agx$|^jetson xavier$|\bagx xavier\b|\bxavier agx\b/i, "AGX Xavier", "xavier", "tegra194", "sbc"),
  model(/\bagx orin industrial\b/i, "AGX Orin Industrial", "orin", "tegra234", "sbc"),
  model(/\bagx orin\b|\borin agx\b|\borin jetson small\b/i, "AGX Orin", "orin", "tegra234", "sbc"),
  model(/\bigx orin\b/i, "IGX Orin", "orin", "tegra234", "jetson_stats"),
  model(/\borin ?nx\b/i, "Orin NX", "orin", "tegra234", "sbc"),
  model(/\borin nano\b/i, "Orin Nano", "orin", "tegra234", "sbc"),
  model(/\bagx thor\b/i, "AGX Thor", "thor", "tegra264", "jetson_stats"),
  model(/\bjetson nano 2gb\b/i, "Nano 2GB dev kit", "nano", "tegra210", "sbc"),
  model(/\bjetson nano\b/i, "Nano 4GB", "nano", "tegra210", "sbc"),
  model(/^jetson tx1$|\bjetson tx1\b/i, "TX1", "tx1", "tegra210", "jetson_stats"),
  model(/^lanai 3636$|\btx2 ?nx\b/i, "TX2 NX", "tx2", "tegra186", "jetson_stats"),
  model(/\btx2i\b|^storm$/i, "TX2i", "tx2", "tegra186", "jgpio"),
  model(/\bjetson tx2\b|^quill$/i, "TX2", "tx2", "tegra186", "jetson_stats"),
];

/**
 * NVIDIA's code names for boards: folders of the device tree's sources, also in compatible and in the model of vendors'
 * boards.
 */
export const JETSON_CODE_NAMES: readonly JetsonName[] = [
  name("galen-industrial", "AGX Xavier Industrial", "xavier", "tegra194", "platform"),
  name("galen", "AGX Xavier", "xavier", "tegra194", "platform"),
  name("jakku", "Xavier NX", "xavier", "tegra194", "platform"),
  name("concord", "AGX Orin", "orin", "tegra234", "platform"),
  name("porg", "Nano 4GB", "nano", "tegra210", "platform"),
  name("lanai", "TX2 NX", "tx2", "tegra186", "platform"),
  name("storm", "TX2i", "tx2", "tegra186", "platform"),
  name("lightning", "TX2 4GB", "tx2", "tegra186", "platform"),
  name("quill", "TX2", "tx2", "tegra186", "platform"),
];

/**
 * Products whose modules differ only in their memory; the first row whose memory is not less than the machine's counts.
 */
export const MEMORY_VARIANTS: readonly MemoryVariant[] = [
  memory("Orin NX", 9, "Orin NX 8GB"),
  memory("Orin NX", 18, "Orin NX 16GB"),
  memory("Orin Nano", 5, "Orin Nano 4GB"),
  memory("Orin Nano", 9, "Orin Nano 8GB"),
  memory("AGX Orin", 36, "AGX Orin 32GB"),
  memory("AGX Orin", 72, "AGX Orin 64GB"),
  memory("Nano 4GB", 2.5, "Nano 2GB dev kit"),
];

/** The module with this number and SKU; null if the table does not have it. */
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

function memory(product: string, mostGigabytes: number, variant: string): MemoryVariant {
  return { name: product, mostBytes: mostGigabytes * 1e9, product: variant, source: "memory" };
}

function model(pattern: RegExp, product: string, family: string, soc: string, source: string): JetsonModel {
  return { pattern, product, family, soc, source };
}
