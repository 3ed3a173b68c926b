import type { Access, DeviceFacts, Gpu, Library, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { pathsIn } from "../lookups.js";

// JetPack 5 and later have no nvhost-ctrl, newer L4T releases have /dev/nvgpu: a model opens whatever is there.
const TEGRA_NODES = /^(?:nvhost-(?:gpu|ctrl-gpu|as-gpu|ctrl|prof-gpu|tsg-gpu)|nvmap)$/;
const TEGRA_GPU = "/dev/nvgpu/igpu0";
const DESKTOP_NODES = /^(?:nvidia\d+|nvidiactl|nvidia-uvm)$/;

/** Why a node is not accessible: it does not exist. Other reasons are the system's. */
export const NOT_IN_CONTAINER = "not in this container";
/** Why no GPU can be opened: MIG divides them, and nothing runs on a GPU instance that has no compute instance. */
export const NO_COMPUTE_INSTANCE = "MIG is on, and no GPU instance has a compute instance";

/**
 * Whether this process's user may open what a GPU model opens. Looks at: the device nodes in /dev (nvidia*, nvidia-caps
 * of MIG, on Tegra nvhost-*, nvmap, nvgpu; character devices only) and the files of the chosen CUDA, cuDNN and
 * TensorRT; in /proc/driver/nvidia/capabilities, the instances of MIG and their nodes. A copied root shows only which
 * nodes a container lacks, and a MIG without compute instances.
 */
export function detectAccess(
  host: Host,
  gpus: Reading<readonly Gpu[]>,
  libraries: readonly Reading<Library>[],
  container: Reading<boolean>,
): DeviceFacts["access"] {
  if (gpus.state !== "known") return gpus;
  if (gpus.value.length === 0) return { state: "known", value: [], from: gpus.from, confidence: "FIRM" };
  const missing = [...undivided(host), ...(container.state === "known" && container.value ? missingNodes(host) : [])];
  const devNull = host.kind("/dev/null");
  if (devNull.state !== "found" || devNull.value !== "character device") {
    if (missing.length > 0) return { state: "known", value: missing, from: "/dev", confidence: "FIRM" };
    return { state: "unreadable", from: "/dev", why: "has no device nodes: only known on the machine itself" };
  }
  const nodes = nodesOf(host, gpus.value).filter((path) => {
    const kind = host.kind(path);
    return kind.state === "found" && kind.value === "character device";
  });
  const files = libraries.flatMap(chosenFiles);
  const value = [
    ...nodes.flatMap((path) => accessTo(host, path, "read-write")),
    ...files.flatMap((path) => accessTo(host, path, "read")),
    ...missing,
  ];
  return { state: "known", value, from: "/dev", confidence: "FIRM" };
}

/**
 * The nodes that CUDA opens in addition to /dev/nvidia0 and nvidiactl and that this container lacks. On the host,
 * nvidia-modprobe creates nvidia-uvm on first use, which a container cannot do. Of several MIG instances, the nodes of
 * one are enough.
 */
function missingNodes(host: Host): Access[] {
  const has = (path: string) => host.kind(path).state === "found";
  const names = host.list("/dev");
  const gpu = names.state === "found" && names.value.some((name) => /^nvidia\d+$/.test(name));
  if (!gpu && !has("/dev/nvidiactl")) return [];
  const wanted = ["/dev/nvidiactl", "/dev/nvidia-uvm"].filter((path) => !has(path));
  // NVIDIA_VISIBLE_DEVICES=none creates the driver's nodes without any GPU's.
  if (!gpu) wanted.unshift("/dev/nvidia0");
  const instances = migNodes(host);
  const given = instances.some((nodes) => nodes.every(has));
  const caps = instances.length === 0 || given ? [] : (instances[0] ?? []).filter((path) => !has(path));
  return [...wanted, ...caps].map((path) => ({ path, allowed: false, why: NOT_IN_CONTAINER }));
}

const CAPABILITIES = "/proc/driver/nvidia/capabilities";
const MOST_INSTANCES = 64;

/**
 * Whether every GPU has GPU instances without any compute instance: then CUDA finds no device. A GPU without GPU
 * instances may be in the ordinary mode, in which the same folder is empty: no file states the mode.
 */
function undivided(host: Host): Access[] {
  const gpus = pathsIn(host, CAPABILITIES, /^gpu\d+$/).slice(0, MOST_INSTANCES);
  const isEmpty = (folder: string) =>
    host.list(folder).state === "found" && computeInstances(host, folder).length === 0;
  const instances = gpus.map((gpu) => gpuInstances(host, gpu));
  if (instances.length === 0 || !instances.every((gi) => gi.length > 0 && gi.every(isEmpty))) return [];
  return [{ path: `${gpus[0]}/mig`, allowed: false, why: NO_COMPUTE_INSTANCE }];
}

function gpuInstances(host: Host, gpu: string): string[] {
  return pathsIn(host, `${gpu}/mig`, /^gi\d+$/);
}

function computeInstances(host: Host, gpuInstance: string): string[] {
  return pathsIn(host, gpuInstance, /^ci\d+$/);
}

/** The nodes of each compute instance: its own, and its GPU instance's. */
function migNodes(host: Host): string[][] {
  const node = (folder: string) => {
    const text = host.text(`${folder}/access`);
    const minor = text.state === "found" ? /^DeviceFileMinor:\s*(\d{1,6})\s*$/m.exec(text.value)?.[1] : undefined;
    return minor === undefined ? [] : [`/dev/nvidia-caps/nvidia-cap${minor}`];
  };
  return pathsIn(host, CAPABILITIES, /^gpu\d+$/)
    .flatMap((gpu) => gpuInstances(host, gpu))
    .flatMap((gi) => computeInstances(host, gi).map((ci) => [...node(gi), ...node(ci)]))
    .filter((nodes) => nodes.length > 0)
    .slice(0, MOST_INSTANCES);
}

function nodesOf(host: Host, gpus: readonly Gpu[]): string[] {
  const names = host.list("/dev");
  const listed = names.state === "found" ? names.value : [];
  const integrated = gpus.some((gpu) => gpu.integrated);
  const wanted = listed.filter((name) => DESKTOP_NODES.test(name) || (integrated && TEGRA_NODES.test(name)));
  const inside = integrated ? host.list(TEGRA_GPU) : null;
  const own = inside?.state === "found" ? inside.value.map((name) => `${TEGRA_GPU}/${name}`) : [];
  return [...wanted.map((name) => `/dev/${name}`), ...own].sort();
}

function chosenFiles(library: Reading<Library>): string[] {
  if (library.state !== "known") return [];
  const { version, installed } = library.value;
  const files = installed.filter((file) => /\.so\.[\d.]+$/.test(file.from) && version.startsWith(file.version));
  return files.map(({ from }) => from).sort();
}

function accessTo(host: Host, path: string, mode: "read" | "read-write"): Access[] {
  const denied = host.denied(path, mode);
  if (denied.state === "absent") return [];
  const why = denied.state === "found" ? denied.value : denied.why;
  return [{ path, allowed: why === null, why }];
}
