import { fileNameOf } from "../base/paths.js";
import { type Colour, hanging, type Paint, painter, type TextStyle, wrap } from "../base/terminal-text.js";
import { countOf } from "../base/text.js";
import { lengthOf, padTo } from "../base/text-width.js";
import type { Confidence, Cpu, DeviceFacts, FactKey, Gpu, Jetson, Libcuda, Library, Reading } from "./facts.js";
import { commonCapability } from "./summary.js";
import { cpuTarget, featuresOf } from "./tables/cpu-targets.js";

const NAME_WIDTH = 13;
const VALUE_WIDTH = 34;

/**
 * The facts for a person: one line each with the value and its location, a mark and a word if the value is disputed,
 * inferred, declared or unreadable, and below it what else was seen.
 */
export function renderFacts(facts: DeviceFacts, { colour, width }: TextStyle): string {
  const paint = painter(colour);
  const lines: string[] = [];
  for (const { title, rows } of SECTIONS) {
    lines.push(paint("bold", title));
    for (const [name, key, show] of rows) lines.push(...renderRow(name, show(facts), facts[key], paint, width));
    lines.push("");
  }
  lines.push(paint("dim", "✓ agreed  ≠ disputed  ~ inferred  + declared  – not there  ? not readable"));
  return `${lines.join("\n")}\n`;
}

type Row = readonly [name: string, key: FactKey, show: (facts: DeviceFacts) => readonly string[]];

function renderRow(
  name: string,
  values: readonly string[],
  reading: Reading<unknown>,
  paint: Paint,
  width: number,
): string[] {
  const { mark, colour, word } = markOf(reading);
  const isKnown = reading.state === "known";
  const [first = "", ...more] = wrap(isKnown ? (values[0] ?? "none") : word, width - INDENT);
  const detail = detailOf(reading);
  const head = `  ${paint(colour, mark)} ${paint("cyan", name.padEnd(NAME_WIDTH))}`;
  const column = Math.max(lengthOf(first), VALUE_WIDTH) + 2;
  const fits = more.length === 0 && lengthOf(detail) <= width - INDENT - column;
  const value = isKnown ? first : paint("dim", first);
  const isDisputed = isKnown && reading.confidence === "DISPUTED";
  const seen = isDisputed ? (reading.seen ?? []) : [];
  return [
    fits ? `${head}${value}${padTo("", column - lengthOf(first))}${paint("dim", detail)}`.trimEnd() : `${head}${value}`,
    ...more.map(indented),
    ...(fits ? [] : wrap(detail, width - INDENT).map((line) => indented(paint("dim", line)))),
    ...values.slice(1).flatMap((next) => hanging(next, width - INDENT).map(indented)),
    ...seen.flatMap((sighting) =>
      wrap(`${sighting.value}  in ${sighting.from}`, width - INDENT - 2).map((line, at) =>
        indented(`${at === 0 ? paint("yellow", "≠ ") : "  "}${paint("dim", line)}`),
      ),
    ),
  ];
}

/** Where it was read: the first place, and how many more; for an unreadable fact, why. */
function detailOf(reading: Reading<unknown>): string {
  if (reading.state === "unreadable") return `${reading.from}: ${reading.why}`;
  const [first = "", ...others] = reading.from.split(", ");
  const more = others.length === 0 ? "" : ` +${others.length} more`;
  return reading.state === "absent" && others.length > 0 ? `not in ${first}${more}` : `${first}${more}`;
}

const INDENT = 4 + NAME_WIDTH;

function indented(line: string): string {
  return `${" ".repeat(INDENT)}${line}`;
}

const MARKS: Readonly<Record<Confidence, readonly [mark: string, colour: Colour]>> = {
  FIRM: ["✓", "green"],
  DISPUTED: ["≠", "yellow"],
  INFERRED: ["~", "yellow"],
  DECLARED: ["+", "blue"],
};

function markOf(reading: Reading<unknown>): { mark: string; colour: Colour; word: string } {
  if (reading.state === "absent") return { mark: "–", colour: "dim", word: "none" };
  if (reading.state === "unreadable") return { mark: "?", colour: "red", word: "not readable" };
  const [mark, colour] = MARKS[reading.confidence];
  return { mark, colour, word: "" };
}

const SECTIONS: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  {
    title: "System",
    rows: [
      ["os", "os", (facts) => shown(facts.os, String)],
      ["arch", "arch", (facts) => shown(facts.arch, String)],
      ["machine", "unameMachine", (facts) => shown(facts.unameMachine, String)],
      ["userland", "userland", (facts) => shown(facts.userland, ({ bits, machine }) => `${bits}-bit ${machine}`)],
      ["kernel", "kernelRelease", (facts) => shown(facts.kernelRelease, String)],
      ["distro", "distro", (facts) => shown(facts.distro, ({ id, version }) => `${id} ${version ?? ""}`.trim())],
      ["glibc", "glibc", (facts) => shown(facts.glibc, String)],
      ["container", "container", (facts) => shown(facts.container, (inside) => (inside ? "yes" : "no"))],
    ],
  },
  {
    title: "GPU",
    rows: [
      ["accelerator", "accelerator", (facts) => shown(facts.accelerator, String)],
      ["gpus", "gpus", (facts) => (facts.gpus.state === "known" ? gpuLines(facts.gpus.value) : [])],
      ["driver", "driver", (facts) => shown(facts.driver, String)],
      ["libcuda", "libcuda", (facts) => shown(facts.libcuda, libcudaLine)],
      ["jetson", "jetson", (facts) => shown(facts.jetson, jetsonLine)],
      ["l4t", "l4t", (facts) => shown(facts.l4t, String)],
      ["jetpack", "jetpack", (facts) => shown(facts.jetpack, String)],
    ],
  },
  {
    title: "Libraries",
    rows: [
      ["cuda", "cuda", (facts) => libraryLines(facts.cuda)],
      ["cudnn", "cudnn", (facts) => libraryLines(facts.cudnn)],
      ["tensorrt", "tensorrt", (facts) => libraryLines(facts.tensorrt)],
    ],
  },
  {
    title: "Processor, memory and disk",
    rows: [
      ["cpu", "cpu", (facts) => (facts.cpu.state === "known" ? cpuLines(facts.cpu.value) : [])],
      ["memory", "memory", (facts) => shown(facts.memory, memoryLine)],
      ["disk", "disk", (facts) => shown(facts.disk, ({ path, freeBytes }) => `${gib(freeBytes)} free in ${path}`)],
      ["access", "access", accessLines],
    ],
  },
];

function shown<T>(reading: Reading<T>, show: (value: T) => string): string[] {
  return reading.state === "known" ? [show(reading.value)] : [];
}

function gpuLines(gpus: readonly Gpu[]): string[] {
  if (gpus.length === 0) return [];
  const common = commonCapability(gpus);
  const lines = gpus.map((gpu) => {
    const name = gpu.name ?? (gpu.integrated ? "integrated" : "NVIDIA GPU");
    const chip = gpu.chip === null ? "" : ` ${gpu.chip}`;
    const capability = gpu.computeCapability === null ? "compute ?" : `compute ${gpu.computeCapability}`;
    const held = gpu.boundTo === null ? (gpu.usable ? "" : ", not usable") : `, bound to ${gpu.boundTo}`;
    return `${name}${chip}, ${capability}${held}${gpu.address === null ? "" : ` (${gpu.address})`}`;
  });
  if (lines.length === 1) return lines;
  return [`${lines.length} GPUs${common === null ? "" : `, compute ${common}`}`, ...lines];
}

function libcudaLine({ version, path, loadable, compat }: Libcuda): string {
  const notes = [compat ? "compatibility package" : "", loadable === false ? "not found by the loader" : ""];
  return [version ?? fileNameOf(path), ...notes.filter((note) => note !== "")].join(", ");
}

function jetsonLine({ product, model, soc, module }: Jetson): string {
  return [product ?? model ?? "unknown Jetson", soc, module].filter((part) => part !== null).join(", ");
}

function libraryLines(reading: Reading<Library>): string[] {
  if (reading.state !== "known") return [];
  const { version, installed } = reading.value;
  const files = installed.filter(({ loadable, from }) => loadable !== null || !from.startsWith("/var/lib/dpkg"));
  const versions = new Set(files.map((entry) => entry.version.split(".").slice(0, 2).join(".")));
  if (versions.size < 2 || reading.confidence === "DISPUTED") return [version];
  // If several are installed side by side, show which one the loader takes.
  const loader = (loadable: boolean | null) =>
    loadable === null ? "" : loadable ? ", the loader takes it" : ", not loaded";
  return [
    `${version} (several)`,
    ...files.map((entry) => `${entry.version} in ${entry.from}${loader(entry.loadable)}`),
  ];
}

function cpuLines({ name, cores, part, features }: Cpu): string[] {
  const count = cores === null ? "" : `, ${countOf(cores, "core")}`;
  const best = features.length === 0 ? null : bestTarget(features);
  return [
    `${(name ?? part ?? "unknown").replace(/ {2,}/g, " ")}${count}`,
    ...(best === null ? [] : [`runs code for ${best}`]),
  ];
}

/** The most demanding of the CPU names that jobs were compiled for. */
function bestTarget(features: readonly string[]): string | null {
  const names = features.includes("fpu") ? ["skylake-avx512", "core-avx2", "sandybridge", "x86-64"] : [];
  const fits = (name: string) =>
    cpuTarget(name) !== null && (featuresOf(name) ?? []).every((one) => features.includes(one));
  return names.find(fits) ?? null;
}

function memoryLine({ totalBytes, availableBytes }: { totalBytes: number; availableBytes: number | null }): string {
  return `${gib(totalBytes)}${availableBytes === null ? "" : `, ${gib(availableBytes)} available`}`;
}

function accessLines({ access }: DeviceFacts): string[] {
  if (access.state !== "known" || access.value.length === 0) return [];
  const denied = access.value.filter(({ allowed }) => !allowed);
  const all = `${access.value.length - denied.length} of ${access.value.length} allowed`;
  return [all, ...denied.map(({ path, why }) => `${path}: ${why ?? "not allowed"}`)];
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
