import type { Access, DeviceFacts, Gpu, Library, Reading } from "../facts.js";
import type { Host } from "../host.js";

// nvhost-ctrl is gone from JetPack 5 on, /dev/nvgpu is there on newer L4T: whatever is there is opened.
const TEGRA_NODES = /^(?:nvhost-(?:gpu|ctrl-gpu|as-gpu|ctrl|prof-gpu|tsg-gpu)|nvmap)$/;
const TEGRA_GPU = "/dev/nvgpu/igpu0";
const DESKTOP_NODES = /^(?:nvidia\d+|nvidiactl|nvidia-uvm)$/;

/**
 * Whether this process' user may open what a GPU model opens. Looks at: the device nodes in /dev (nvidia*, on Tegra nvhost-*,
 * nvmap, nvgpu; character devices only) and the files of the chosen CUDA, cuDNN and TensorRT. A copied root cannot tell.
 */
export function detectAccess(
  host: Host,
  gpus: Reading<readonly Gpu[]>,
  libraries: readonly Reading<Library>[],
): DeviceFacts["access"] {
  if (gpus.state !== "known") return gpus;
  if (gpus.value.length === 0) return { state: "known", value: [], from: gpus.from, confidence: "FIRM" };
  const devNull = host.kind("/dev/null");
  if (devNull.state !== "found" || devNull.value !== "character device") {
    return { state: "unreadable", from: "/dev", why: "has no device nodes: only the machine itself can tell" };
  }
  const nodes = nodesOf(host, gpus.value).filter((path) => {
    const kind = host.kind(path);
    return kind.state === "found" && kind.value === "character device";
  });
  const files = libraries.flatMap(chosenFiles);
  const value = [
    ...nodes.flatMap((path) => accessTo(host, path, "read-write")),
    ...files.flatMap((path) => accessTo(host, path, "read")),
  ];
  return { state: "known", value, from: "/dev", confidence: "FIRM" };
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
  const files = installed.filter(({ from, version: said }) => /\.so\.[\d.]+$/.test(from) && version.startsWith(said));
  return files.map(({ from }) => from).sort();
}

function accessTo(host: Host, path: string, mode: "read" | "read-write"): Access[] {
  const denied = host.denied(path, mode);
  if (denied.state === "absent") return [];
  const why = denied.state === "found" ? denied.value : denied.why;
  return [{ path, allowed: why === null, why }];
}
