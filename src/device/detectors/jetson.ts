import type { Arch, DeviceFacts, Jetson, Reading, Sighting } from "../facts.js";
import type { Host } from "../host.js";
import { cleanText } from "../sightings.js";
import {
  isModuleBoard,
  JETSON_CODE_NAMES,
  JETSON_MODELS,
  JETSON_NAMES,
  type JetsonModel,
  type JetsonName,
  jetsonModule,
  MEMORY_VARIANTS,
} from "../tables/jetson-modules.js";
import { tegraSoc } from "../tables/tegra-socs.js";
import type { DeviceTree } from "./device-tree.js";
import type { JetPackReading } from "./l4t.js";
import { BOOT_CONTROL, socSightings } from "./tegra.js";

interface Product {
  readonly product: string;
  readonly family: string;
}

/** Facts read before that identify the Jetson. */
interface JetsonParts {
  /** The machine's memory: modules of the same name can differ in it. */
  readonly memory: DeviceFacts["memory"];
  readonly soc: Reading<string>;
  readonly arch: Reading<Arch>;
  readonly l4t: Reading<string>;
  readonly jetpack: JetPackReading;
}

/**
 * Which Jetson this is; "absent" without a Tegra SoC or an L4T release. Sources of the module, the best first: device
 * tree chosen/plugin-manager/ids, chosen/ids, TNSPEC in /etc/nv_boot_control.conf, compatible (if it names one module),
 * nvidia,boardids, nvidia,dtsfilename. Sources of the product: the module, names in compatible, the model text, a code
 * name in compatible or nvidia,dtsfilename; with the memory in /proc/meminfo if modules differ in it.
 */
export function detectJetson(host: Host, tree: DeviceTree, parts: JetsonParts): Reading<Jetson> {
  const { soc, arch, l4t, jetpack } = parts;
  // go-nvlib takes nv_tegra_release as proof of a Tegra, but a stray one on x86 proves nothing.
  const isL4t = l4t.state === "known" && arch.state === "known" && arch.value === "ARM64";
  if (soc.state !== "known" && !isL4t) return soc;

  const socName = soc.state === "known" ? soc.value : null;
  const model = readModel(host, tree);
  const compatible = tree.text("compatible");
  const modules = moduleSightings(host, tree);
  const module = modules[0]?.value ?? null;
  const dts = tree.text("nvidia,dtsfilename")?.strings[0] ?? null;
  const names = { compatible: compatible?.strings ?? [], model: model?.value ?? null, dts };
  const product = productOf(socName, module, names, parts.memory);
  const value: Jetson = {
    model: model?.value ?? null,
    family: (socName === null ? null : tegraSoc(socName)?.family) ?? product?.family ?? null,
    product: product?.product ?? null,
    soc: socName,
    module,
    l4t: l4t.state === "known" ? l4t.value : null,
    jetpack: jetpack.jetpack.state === "known" ? jetpack.jetpack.value : null,
    jetpackCandidates: jetpack.candidates,
  };
  const seen = [...socSightings(soc), ...modules, ...(model ? [model] : [])];
  const disputed = isDisputed(soc) || new Set(modules.map(({ value: name }) => jetsonModule(name)?.product)).size > 1;
  const from = soc.state === "known" ? soc.from : l4t.from;
  const inferred = soc.state !== "known" || soc.confidence === "INFERRED";
  return { state: "known", value, from, confidence: disputed ? "DISPUTED" : inferred ? "INFERRED" : "FIRM", seen };
}

/** Where containers get the host's model from: dusty-nv/jetson-containers run.sh mounts it there. */
const HANDED_MODEL = "/tmp/nv_jetson_model";

function readModel(host: Host, tree: DeviceTree): Sighting | null {
  const model = tree.text("model");
  if (model?.strings[0]) return { from: model.from, value: model.strings[0] };
  const handed = host.text(HANDED_MODEL, 4096);
  const text = handed.state === "found" ? cleanText(handed.value) : "";
  return text === "" ? null : { from: HANDED_MODEL, value: text };
}

/** The module according to each source, the best one first. */
function moduleSightings(host: Host, tree: DeviceTree): Sighting[] {
  const sightings: Sighting[] = [];
  const note = (from: string, boards: readonly string[]) => {
    const modules = [...new Set(boards.filter((board) => isModuleBoard(board.slice(1, 5))))];
    // A tree that serves several modules identifies none.
    if (modules.length === 1 && modules[0] !== undefined) sightings.push({ from, value: modules[0] });
  };
  const plugins = tree.names("chosen/plugin-manager/ids");
  if (plugins) note(plugins.from, plugins.strings.flatMap(boardsIn));
  const ids = tree.text("chosen/ids");
  if (ids) note(ids.from, ids.strings.flatMap(boardsIn));
  const spec = host.text(BOOT_CONTROL);
  const tnspec = spec.state === "found" ? /^TNSPEC\s+(\d{4})-\w+-(\d{4})-/m.exec(spec.value) : null;
  if (tnspec) note(`${BOOT_CONTROL} (TNSPEC)`, [`p${tnspec[1]}-${tnspec[2]}`]);
  const compatible = tree.text("compatible");
  if (compatible) note(compatible.from, compatible.strings.flatMap(boardInCompatible));
  const boardids = tree.text("nvidia,boardids");
  if (boardids) note(boardids.from, boardids.strings.flatMap(boardsIn));
  const dts = tree.text("nvidia,dtsfilename");
  const file = dts?.strings[0]?.split("/").pop() ?? "";
  if (dts)
    note(
      dts.from,
      [...file.matchAll(/(?<=-)p\d{4}-\d{4}(?=[-.])/g)].map(([board]) => board),
    );
  return sightings;
}

/** `3701-0005-500 3737-0000-300`, `3636:0001:A0` → p3701-0005, p3737-0000, p3636-0001. */
function boardsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])(\d{4})[-:](\d{4})(?![0-9])/g)].map(([, board, sku]) => `p${board}-${sku}`);
}

/** `nvidia,p3449-0000-b00+p3448-0000-b00` → p3448-0000: the part after the last plus is the module. */
function boardInCompatible(entry: string): string[] {
  const board = /^nvidia,(?:.*\+)?(p\d{4}-\d{4})(?:-[\w-]+)?$/.exec(entry)?.[1];
  return board === undefined ? [] : [board];
}

interface BoardNames {
  readonly compatible: readonly string[];
  readonly model: string | null;
  /** nvidia,dtsfilename. */
  readonly dts: string | null;
}

function productOf(
  soc: string | null,
  module: string | null,
  names: BoardNames,
  memory: DeviceFacts["memory"],
): Product | null {
  const { compatible } = names;
  const fits = (row: { readonly soc: string }) => soc === null || row.soc === soc;
  const named = JETSON_NAMES.find((row: JetsonName) => fits(row) && compatible.includes(`nvidia,${row.name}`)) ?? null;
  // The AGX dev kit and Clara AGX have the same module: the carrier's name decides.
  if (named !== null && module !== null && named.name.endsWith(`+${module}`)) return named;
  const fitted = module === null ? null : jetsonModule(module);
  if (fitted !== null) return fitted;
  const listed = compatible.flatMap(boardInCompatible).flatMap((board) => jetsonModule(board) ?? []);
  return commonProduct(listed) ?? named ?? byMemory(productByName(names, fits), memory);
}

/** The product by a vendor's names: the model, then the file that the tree was made from, then a code name. */
function productByName(
  { compatible, model, dts }: BoardNames,
  fits: (row: { soc: string }) => boolean,
): Product | null {
  const file = dts?.split("/").pop() ?? "";
  for (const text of [model ?? "", file]) {
    const words = text
      .replace(/\.dtb?s?$/, "")
      .replace(/[\s_-]+/g, " ")
      .trim();
    const row = JETSON_MODELS.find((one: JetsonModel) => fits(one) && one.pattern.test(words));
    if (row) return row;
  }
  const words = [...compatible, model ?? "", dts ?? ""].flatMap((text) => text.toLowerCase().split(/[^a-z0-9-]+/));
  const has = (name: string) => words.some((word) => word === name || word.startsWith(`${name}-`));
  return JETSON_CODE_NAMES.find((row) => fits(row) && has(row.name)) ?? null;
}

function byMemory(found: Product | null, memory: DeviceFacts["memory"]): Product | null {
  if (found === null || memory.state !== "known") return found;
  const { totalBytes } = memory.value;
  const row = MEMORY_VARIANTS.find(({ name, mostBytes }) => name === found.product && totalBytes <= mostBytes);
  return row === undefined ? found : { ...found, product: row.product };
}

/** The product that all listed modules share, by its first words: `Orin Nano 8GB` and `Orin Nano` are `Orin Nano`. */
function commonProduct(modules: readonly Product[]): Product | null {
  const [first, ...others] = modules;
  if (!first) return null;
  const words = first.product.split(" ");
  while (words.length > 1 && !others.every(({ product }) => `${product} `.startsWith(`${words.join(" ")} `)))
    words.pop();
  const product = words.join(" ");
  const shared = others.every(
    (other) => `${other.product} `.startsWith(`${product} `) && other.family === first.family,
  );
  return shared ? { product, family: first.family } : null;
}

function isDisputed(reading: Reading<unknown>): boolean {
  return reading.state === "known" && reading.confidence === "DISPUTED";
}
