import type { Gpu, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { hasProc } from "../own-machine.js";
import type { Problem } from "../sightings.js";
import { tegraSoc } from "../tables/tegra-socs.js";
import { WSL_NODE } from "./driver.js";
import {
  type GpuSurroundings,
  hasDeviceNodes,
  hasTegraUserSpace,
  hiddenFromContainer,
  isTegraLibcuda,
  TEGRA_NODES,
  tellsTegraUserSpace,
  UNKNOWN_GPU,
} from "./gpu-use.js";
import { DEVICES, pciGpus } from "./pci-bus.js";

/** Thor's GPU is driven by NVIDIA's ordinary driver, side by side with cards. */
const DRIVEN_AS_CARD = "tegra264";

/**
 * Every NVIDIA GPU, the integrated one first, then by address. Looks at: vendor, device, class, driver and uevent
 * (otherwise the first 64 bytes of config) below /sys/bus/pci/devices, /proc/driver/nvidia,
 * /sys/module/{nvidia,nouveau,vfio_pci}, the Tegra table. A Tegra's GPU counts as driven if L4T's user space or its
 * device nodes are there. If another system has the driver: /dev/dxg (WSL2), or /dev/nvidiactl together with the
 * loader's libcuda. "Unreadable" if neither the bus nor /proc is there.
 */
export function detectGpus(host: Host, around: GpuSurroundings): Reading<readonly Gpu[]> {
  const problems: Problem[] = [];
  const cards = pciGpus(host, around, problems);
  const tegra = tegraGpu(host, around);
  // Thor's integrated GPU is a PCI device as well: one GPU, not two.
  const gpus = oneMode([...(tegra && !cards.some(({ integrated }) => integrated) ? [tegra] : []), ...cards], around);
  const borrowed = gpus.length > 0 ? null : borrowedGpu(host, around);
  if (borrowed !== null) return borrowed;
  const from = tegra && around.jetson.state === "known" ? `${around.jetson.from}, ${DEVICES}` : DEVICES;
  if (gpus.length === 0) return noGpus(host, around, problems, from);
  gpus.sort((a, b) => Number(b.integrated) - Number(a.integrated) || order(a.address, b.address));
  return { state: "known", value: gpus, from, confidence: problems.length > 0 ? "DISPUTED" : "FIRM" };
}

/**
 * `NVIDIA` if there is a GPU and it is driven; otherwise why not. A copy without any path that could show L4T's user
 * space does not show whether it is missing.
 */
export function decideAccelerator(
  host: Host,
  gpus: Reading<readonly Gpu[]>,
  around: GpuSurroundings,
): Reading<"NVIDIA"> {
  if (gpus.state !== "known") return gpus;
  if (gpus.value.some(({ usable }) => usable)) {
    return { state: "known", value: "NVIDIA", from: gpus.from, confidence: gpus.confidence };
  }
  if (gpus.value.some(({ integrated }) => integrated) && !tellsTegraUserSpace(host, around)) {
    const why = "neither L4T's release, its libcuda nor its device nodes can be read";
    return { state: "unreadable", from: gpus.from, why };
  }
  const idle = gpus.value.map(
    (gpu) => `${gpu.integrated ? "the integrated GPU" : (gpu.address ?? "the GPU")} ${whyIdle(gpu)}`,
  );
  return {
    state: "absent",
    from: idle.length === 0 ? `${gpus.from}: no NVIDIA GPU` : `${gpus.from}: ${idle.join(", ")}`,
  };
}

function whyIdle({ boundTo, integrated }: Gpu): string {
  if (boundTo !== null) return `is bound to ${boundTo}`;
  return integrated ? "has no NVIDIA user space (L4T)" : "is not driven";
}

/**
 * There is known to be none only if one would be seen: on the PCI bus, in /proc, and with a libcuda that could be
 * judged.
 */
function noGpus(
  host: Host,
  around: GpuSurroundings,
  problems: readonly Problem[],
  from: string,
): Reading<readonly Gpu[]> {
  const [problem] = problems;
  if (problem) return { state: "unreadable", ...problem };
  if (host.kind(WSL_NODE).state === "found" && around.libcuda.state === "unreadable") {
    return { state: "unreadable", from: WSL_NODE, why: "the Windows host has a GPU, but which one is not known" };
  }
  if (isWslKernel(host) && !hasDeviceNodes(host)) {
    const why = "a GPU of the Windows host is reached through /dev/dxg, and this copy has no device nodes";
    return { state: "unreadable", from: WSL_NODE, why };
  }
  const hasBus = host.list(DEVICES).state === "found";
  const isJetson = around.jetson.state === "unreadable";
  if (!hasBus && (!hasProc(host) || isJetson)) {
    return { state: "unreadable", from, why: "neither the PCI bus nor /proc can be read" };
  }
  return {
    state: "known",
    value: [],
    from: hasBus ? from : `${from}, /proc`,
    confidence: hasBus ? "FIRM" : "INFERRED",
  };
}

/**
 * A Tegra with a card runs CUDA on one of the two (IGX and Clara AGX switch by installing the other driver): the
 * libcuda that the loader finds says which, or else a card under NVIDIA's driver does.
 */
function oneMode(gpus: readonly Gpu[], { jetson, libcuda }: GpuSurroundings): Gpu[] {
  const soc = jetson.state === "known" ? jetson.value.soc : null;
  const card = gpus.some(({ integrated, usable }) => !integrated && usable);
  if (!card || soc === DRIVEN_AS_CARD || !gpus.some(({ integrated }) => integrated)) return [...gpus];
  const forTegra = isTegraLibcuda(libcuda);
  return gpus.map((gpu) => ({ ...gpu, usable: gpu.usable && gpu.integrated === forTegra }));
}

/** A Jetson's own GPU; if the SoC is unknown, all that is known is that it has one. */
function tegraGpu(host: Host, around: GpuSurroundings): Gpu | null {
  if (around.jetson.state !== "known") return null;
  const soc = tegraSoc(around.jetson.value.soc ?? "");
  return {
    ...UNKNOWN_GPU,
    integrated: true,
    chip: soc?.gpu ?? null,
    computeCapability: soc?.computeCapability ?? null,
    usable: hasTegraUserSpace(host, around) && !hiddenFromContainer(host, around, TEGRA_NODES),
  };
}

/**
 * WSL2, its containers, and sandboxes such as gVisor pass a GPU through with its device node and a libcuda that the
 * host mounts somewhere; no file states which GPU it is.
 */
function borrowedGpu(host: Host, { libcuda }: GpuSurroundings): Reading<readonly Gpu[]> | null {
  if (libcuda.state !== "known" || libcuda.value.loadable === false) return null;
  const node = [WSL_NODE, "/dev/nvidiactl"].find((path) => host.kind(path).state === "found");
  if (node === undefined) return null;
  const from = `${node}, ${libcuda.value.path}`;
  return { state: "known", value: [{ ...UNKNOWN_GPU, usable: true }], from, confidence: "FIRM" };
}

const LONGEST_RELEASE = 200;

/** WSL2's kernel is Microsoft's build: 5.15.90.1-microsoft-standard-WSL2. */
function isWslKernel(host: Host): boolean {
  const uname = host.uname();
  const release = host.text("/proc/sys/kernel/osrelease");
  const texts = [
    uname.state === "found" ? uname.value.release : null,
    release.state === "found" ? release.value : null,
  ];
  return texts.some((text) => text !== null && /microsoft.*wsl2/i.test(text.slice(0, LONGEST_RELEASE)));
}

function order(a: string | null, b: string | null): number {
  if (a === b) return 0;
  return (a ?? "") < (b ?? "") ? -1 : 1;
}
