import { isObject } from "../../src/base/json.js";
import { CPU_TARGETS } from "../../src/device/tables/cpu-targets.js";
import { CUDA_DRIVERS, CUDA_MAJOR_DRIVERS } from "../../src/device/tables/cuda-drivers.js";
import { JETPACK_RELEASES } from "../../src/device/tables/jetpack-releases.js";
import { JETSON_MODULES } from "../../src/device/tables/jetson-modules.js";
import { KNOWN_PAIRS, type KnownPair } from "../../src/device/tables/known-pairs.js";
import { PCI_GPUS } from "../../src/device/tables/pci-gpus.js";
import { TEGRA_SOCS } from "../../src/device/tables/tegra-socs.js";
import machines from "../../src/lab/fleet/machines.json" with { type: "json" };
import { list, table } from "./markdown.js";

/** Each L4T release with what its JetPack brings. */
export function jetpackTable(): string {
  const rows = JETPACK_RELEASES.map(({ l4t, jetpacks, cuda, tensorrt, cudnn, ubuntu, glibc, socs }) => [
    l4t,
    jetpacks.join(", ") || "–",
    cuda ?? "–",
    tensorrt ?? "–",
    cudnn ?? "–",
    `${ubuntu}, ${glibc}`,
    socs.map((soc) => soc.replace("tegra", "T")).join(" "),
  ]);
  return table(["L4T", "JetPack", "CUDA", "TensorRT", "cuDNN", "Ubuntu, glibc", "SoCs"], rows);
}

/** Each Tegra SoC with its GPU, and the modules that carry it. */
export function tegraList(): string {
  const points = TEGRA_SOCS.map(({ soc, gpu, computeCapability }) => {
    const modules = unique(JETSON_MODULES.filter((module) => module.soc === soc).map(({ product }) => product));
    return `${soc}, ${gpu} (${gpuCode(computeCapability)}): ${modules.join(", ") || "no module in the table"}`;
  });
  return list(points);
}

/** NVIDIA's GPUs by compute capability. Chips for which no source states it are left out. */
export function gpuTable(): string {
  const capabilities = unique(PCI_GPUS.flatMap(({ computeCapability }) => computeCapability ?? []));
  const rows = capabilities
    .sort((a, b) => Number(a) - Number(b))
    .map((capability) => {
      const chips = PCI_GPUS.filter(({ computeCapability }) => computeCapability === capability);
      return [capability, gpuCode(capability), unique(chips.flatMap(({ chip }) => chip ?? [])).join(" ")];
    });
  return table(["compute capability", "GPU code", "chips"], rows);
}

/** The drivers that CUDA needs. */
export function driverTable(): string {
  const majors = CUDA_MAJOR_DRIVERS.map(({ major, driver }) => [`${major}.x`, driver]);
  const older = CUDA_DRIVERS.filter(({ cuda }) => Number(cuda.split(".")[0]) < 11);
  return table(["CUDA", "least driver"], [...older.map(({ cuda, driver }) => [cuda, driver]), ...majors]);
}

/** The processor names that `mcpu` can have. */
export function cpuList(): string {
  const points = Object.entries({ X86_64: "x86-64", ARM64: "arm64", ANY: "any" }).map(([arch, title]) => {
    const names = CPU_TARGETS.filter((target) => target.arch === arch).flatMap(({ name, aliases }) => [
      name,
      ...aliases,
    ]);
    return `${title}: ${names.map((name) => `\`${name}\``).join(" ")}`;
  });
  return list(points);
}

/** Libraries and GPUs that do not work together although their versions fit. */
export function pairList(): string {
  const points = KNOWN_PAIRS.map((pair) => {
    const capabilities = pair.capabilities?.map((each) => (each.endsWith(".") ? `${each}x` : each)).join(", ");
    const on = capabilities === undefined ? (pair.product?.name ?? "") : `compute capability ${capabilities}`;
    return `${pair.library} ${versions(pair)} on ${on}: ${pair.severity}. Fix: ${pair.fix}`;
  });
  return list(points);
}

/** The machines whose files are in test/hosts, with the facts that are expected of them. */
export function machineTable(): string {
  const rows = machines.map(({ title, facts: { readings } }) => [
    (title.split(/[;(]/)[0] ?? title).trim(),
    textIn(readings.arch),
    versionIn(readings.cuda),
    versionIn(readings.tensorrt),
  ]);
  return table(["machine", "arch", "CUDA", "TensorRT"], rows);
}

function textIn(reading: object): string {
  return "value" in reading && typeof reading.value === "string" ? reading.value : "–";
}

function versionIn(reading: object): string {
  const value = "value" in reading ? reading.value : null;
  return isObject(value) && typeof value.version === "string" ? value.version : "–";
}

function gpuCode(computeCapability: string): string {
  return `sm_${computeCapability.replace(".", "")}`;
}

function versions({ from, to }: KnownPair): string {
  if (to === null) return `${from} and later`;
  return from === to ? from : `${from} to ${to}`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
