import type { Gpu, Jetson, Libcuda, Reading } from "../facts.js";
import type { Host } from "../host.js";

/** Device nodes through which programs use a Tegra's GPU. */
export const TEGRA_NODES = ["/dev/nvhost-gpu", "/dev/nvhost-ctrl-gpu", "/dev/nvgpu/igpu0", "/dev/nvmap"];

/** The evidence for whether a GPU can be used. */
export interface GpuSurroundings {
  readonly jetson: Reading<Jetson>;
  readonly l4t: Reading<string>;
  readonly container: Reading<boolean>;
  readonly libcuda: Reading<Libcuda>;
}

/** A GPU of which nothing is known. */
export const UNKNOWN_GPU: Gpu = {
  integrated: false,
  name: null,
  pciId: null,
  address: null,
  chip: null,
  computeCapability: null,
  boundTo: null,
  usable: false,
};

/** A container sees the host's kernel, but can use a GPU only through its own device nodes. */
export function hiddenFromContainer(host: Host, { container }: GpuSurroundings, nodes: readonly string[]): boolean {
  if (container.state !== "known" || !container.value) return false;
  if (!hasDeviceNodes(host)) return false;
  return !nodes.some((node) => host.kind(node).state === "found");
}

/** Without real device nodes this is a copied root, which does not show which ones are missing. */
export function hasDeviceNodes(host: Host): boolean {
  const devNull = host.kind("/dev/null");
  return devNull.state === "found" && devNull.value === "character device";
}

/** Whether any path that could show L4T's user space exists, so that a missing one is known to be missing. */
export function tellsTegraUserSpace(host: Host, { l4t, libcuda }: GpuSurroundings): boolean {
  return l4t.state !== "unreadable" || libcuda.state !== "unreadable" || hasDeviceNodes(host);
}

/** Whether L4T's user space is there, without which a Tegra's GPU cannot be used. */
export function hasTegraUserSpace(host: Host, { l4t, libcuda }: GpuSurroundings): boolean {
  if (l4t.state === "known" || isTegraLibcuda(libcuda)) return true;
  return TEGRA_NODES.some((path) => host.kind(path).state === "found");
}

/** Whether programs load the libcuda of L4T, which drives the integrated GPU alone. */
export function isTegraLibcuda(libcuda: Reading<Libcuda>): boolean {
  if (libcuda.state !== "known" || libcuda.value.loadable === false) return false;
  const { path, version } = libcuda.value;
  return (
    version === null &&
    /\/(?:tegra|nvidia)\/libcuda\.so|\/libcuda\.so\.1\.1$/.test(path) &&
    !path.startsWith("/usr/lib/wsl/")
  );
}
