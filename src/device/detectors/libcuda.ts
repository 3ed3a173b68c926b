import { folderOf } from "../../base/paths.js";
import { printable } from "../../base/text.js";
import { compareVersionTexts } from "../../base/version.js";
import { DPKG_STATUS, upstreamVersion } from "../dpkg.js";
import { glibcNeeded } from "../elf-files.js";
import type { Libcuda, Reading, Sighting } from "../facts.js";
import type { Host } from "../host.js";
import { LD_CACHE } from "../ld-cache.js";
import { pathsIn } from "../lookups.js";
import { notStated, type Problem } from "../sightings.js";
import type { LibraryParts } from "./library-parts.js";
import { type Loader, tripletsOf } from "./loader.js";

const SONAME = "libcuda.so.1";
/** Other libraries of the same packages: they show the release, or that a driver has lost its libcuda. */
const COMPANION = /^lib(?:nvidia-(?:ml|ptxjitcompiler|glcore|cfg|nvvm)|nvcuvid)\.so\.(\d{3}\.\d+(?:\.\d+)?)$/;
const MOST_FOLDERS = 60;
/** In one folder. */
const MOST_FILES = 200;
/** Where NVIDIA's GPU operator mounts the root of the container that brings a Kubernetes node its driver. */
export const DRIVER_CONTAINER = "/run/nvidia/driver";

/**
 * The libcuda that the loader finds: CUDA programs load it by its soname, whatever kernel module is loaded. Looks at:
 * libcuda.so.* in the loader's cache, its trusted and configured folders and their subfolders nvidia, nvidia/current
 * (Debian) and tegra; /usr/lib/nvidia-* (Ubuntu before 18.04), /usr/lib/wsl/{lib,drivers/*} (WSL2),
 * /run/opengl-driver/lib (NixOS), /usr/local/nvidia/lib64 and /usr/lib64-nvidia (Google's containers),
 * /usr/local/cuda-X.Y/compat (NVIDIA's compatibility package), the GPU operator's /run/nvidia/driver; dpkg's
 * libnvidia-compute-N, libcuda1 and nvidia-dkms-N; LD_LIBRARY_PATH of the process that loads models.
 */
export function detectLibcuda(host: Host, { loader, packages, arch }: LibraryParts): Reading<Libcuda> {
  const problems: Problem[] = [];
  const given = givenLibcuda(host, loader);
  if (typeof given === "string") return known(libcudaAt(host, given, true), []);
  const found = candidates(host, loader, libcudaFolders(host, loader, tripletsOf(arch)), problems);
  const usable = found.filter(({ path }) => !loader.isEmpty(path));
  const [first] = usable;
  if (first !== undefined) {
    const loadable = given === null && !isOutside(first.path) ? false : null;
    return known({ ...first, loadable }, usable.slice(1));
  }
  const empty = found.map(({ path }): Sighting => ({ from: path, value: "0 bytes: a stub, not the driver's library" }));
  const listed = empty.length > 0 || loader.isComplete ? null : installedRelease(packages.packages);
  if (listed !== null) return known(listed, []);
  const lost = empty.length > 0 ? empty : lostLibcuda(host, loader, packages.packages);
  if (loader.problem !== null) problems.push({ from: LD_CACHE, why: loader.problem });
  if (packages.problem !== null) problems.push({ from: DPKG_STATUS, why: packages.problem });
  const reading = notStated(problems, [LD_CACHE, `library folders (${SONAME})`]);
  if (reading.state === "unreadable") return reading;
  if (lost.length > 0) return { ...reading, seen: lost };
  // Copies of a machine's libraries seldom include it, so only the loader's own cache proves that it is missing.
  if (!loader.isComplete)
    return { state: "unreadable", from: reading.from, why: "no loader cache tells what it gives" };
  return reading;
}

/**
 * NVIDIA documents LD_LIBRARY_PATH as the way to use its compatibility package, and containers of Google's system find
 * the host's driver by it.
 */
function givenLibcuda(host: Host, loader: Loader): string | null | undefined {
  const plain = loader.find(SONAME);
  const isPlain = typeof plain === "string" && compatFolders(host).length === 0;
  return isPlain || loader.modelFolders().state !== "found" ? plain : loader.findForModel(SONAME);
}

function compatFolders(host: Host): string[] {
  return pathsIn(host, "/usr/local", /^cuda(?:-[\d.]+)?$/)
    .map((folder) => `${folder}/compat`)
    .filter((folder) => host.kind(folder).state === "found");
}

function known(value: Libcuda, others: readonly Libcuda[]): Reading<Libcuda> {
  const seen = others.map(
    ({ path, version }): Sighting => ({ from: path, value: version ?? "no version in its name" }),
  );
  const reading = { state: "known", value, from: value.path, confidence: "FIRM" } as const;
  return seen.length === 0 ? reading : { ...reading, seen };
}

function libcudaAt(host: Host, path: string, loadable: boolean | null): Libcuda {
  const target = host.resolve(path);
  const real = target.state === "found" ? target.value : path;
  const glibc = glibcNeeded(host, real);
  return {
    version: versionOf(host, real),
    path: printable(real),
    loadable,
    compat: isCompat(path) || isCompat(real),
    ...(glibc === null ? {} : { glibc }),
  };
}

/** The driver release in the file's name; in a copy without links, only its companions' names have it. */
function versionOf(host: Host, path: string): string | null {
  const own = /\/libcuda\.so\.(\d{3}\.\d+(?:\.\d+)?)$/.exec(path)?.[1];
  if (own !== undefined) return own;
  if (!path.endsWith(`/${SONAME}`)) return null;
  const names = host.list(folderOf(path));
  const releases = names.state === "found" ? names.value.flatMap((name) => driverRelease(name) ?? []) : [];
  return new Set(releases).size === 1 ? (releases[0] ?? null) : null;
}

function driverRelease(name: string): string | null {
  return /^libcuda\.so\.(\d{3}\.\d+(?:\.\d+)?)$/.exec(name)?.[1] ?? COMPANION.exec(name)?.[1] ?? null;
}

/** `/usr/local/cuda-11.8/compat`, NGC's `/usr/local/cuda/compat/lib.real`. */
function isCompat(path: string): boolean {
  return /\/cuda(?:-[\d.]+)?\/compat\//.test(path);
}

/** Nix finds its driver by run paths, containers on Google's container OS find theirs by LD_LIBRARY_PATH. */
function isOutside(path: string): boolean {
  return ["/nix/store/", "/run/opengl-driver/", "/usr/local/nvidia/", "/usr/lib64-nvidia/"].some((folder) =>
    path.startsWith(folder),
  );
}

/** The user space that dpkg says is installed, if no library file was copied. */
function installedRelease(packages: LibraryParts["packages"]["packages"]): Libcuda | null {
  const found = packages.find(({ name }) => /^libnvidia-compute-\d+(?:-server)?$|^libcuda1$/.test(name));
  const version = found === undefined ? null : upstreamVersion(found.version);
  if (found === undefined || version === null) return null;
  return { version, path: `${DPKG_STATUS} (${found.name})`, loadable: null, compat: false };
}

function libcudaFolders(host: Host, loader: Loader, triplets: readonly string[]): string[] {
  const folders = [
    ...loader.configured,
    ...loader.trusted,
    ...triplets.flatMap((triplet) =>
      ["tegra", "nvidia", "nvidia/current"].map((inner) => `/usr/lib/${triplet}/${inner}`),
    ),
    ...["/usr/lib/nvidia", "/usr/lib/nvidia/current", "/usr/lib/tegra"],
    ...pathsIn(host, "/usr/lib", /^nvidia-\d+$/).sort((a, b) => compareVersionTexts(b.slice(16), a.slice(16))),
    ...[
      "/usr/lib/wsl/lib",
      "/run/opengl-driver/lib",
      "/usr/local/nvidia/lib64",
      "/usr/local/nvidia/lib",
      "/usr/lib64-nvidia",
    ],
    ...pathsIn(host, "/usr/lib/wsl/drivers", /^nv/),
    ...triplets.map((triplet) => `${DRIVER_CONTAINER}/usr/lib/${triplet}`),
    `${DRIVER_CONTAINER}/usr/lib64`,
    ...compatFolders(host),
  ];
  return [...new Set(folders)].slice(0, MOST_FOLDERS);
}

function candidates(host: Host, loader: Loader, folders: readonly string[], problems: Problem[]): Libcuda[] {
  const seen = new Map<string, Libcuda>();
  const met = new Set<string>();
  for (const folder of folders) {
    const names = host.list(folder);
    if (names.state === "unreadable") problems.push({ from: folder, why: names.why });
    const files = names.state === "found" ? names.value.filter((name) => /^libcuda\.so(?:\.\d+)*$/.test(name)) : [];
    // The soname first: it leads to the file that would be loaded.
    files.sort((a, b) => Number(b === SONAME) - Number(a === SONAME) || (a < b ? -1 : 1));
    for (const name of files.slice(0, MOST_FILES)) {
      const target = host.resolve(`${folder}/${name}`);
      // Each costs a listing of its folder, and thousands of names can lead to the same file.
      if (target.state === "found" && met.has(target.value)) continue;
      if (target.state === "found") met.add(target.value);
      const one = libcudaAt(host, `${folder}/${name}`, null);
      if (!seen.has(one.path) && host.kind(one.path).state === "found") seen.set(one.path, one);
    }
  }
  return [...seen.values()].sort((a, b) => Number(loader.isEmpty(a.path)) - Number(loader.isEmpty(b.path)));
}

/** Evidence of a driver without its libcuda: NVIDIA's vGPU manager, or user space that was half removed. */
function lostLibcuda(host: Host, loader: Loader, packages: LibraryParts["packages"]["packages"]): readonly Sighting[] {
  const companions = loader.trusted.flatMap((folder) => {
    const files = pathsIn(host, folder, COMPANION);
    return files.map((from): Sighting => ({ from, value: "there without libcuda" }));
  });
  const has = (pattern: RegExp) => packages.find(({ name }) => pattern.test(name));
  const kernel = has(/^nvidia-(?:dkms|kernel-(?:source|common))-\d+/);
  const listed =
    kernel !== undefined && has(/^libnvidia-compute-\d+|^libcuda1$/) === undefined
      ? [{ from: `${DPKG_STATUS} (${kernel.name})`, value: `${kernel.version}, without libnvidia-compute` }]
      : [];
  return [...companions.slice(0, 5), ...listed];
}
