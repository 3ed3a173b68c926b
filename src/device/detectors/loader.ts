import { LONGEST_PATH, parentOf, withoutEndSlashes } from "../../base/paths.js";
import type { Arch } from "../facts.js";
import { type Host, type Lookup, MOST_BYTES } from "../host.js";
import { LD_CACHE, parseLdCache } from "../ld-cache.js";
import { type LoaderConfiguration, readLoaderConfiguration } from "../ld-conf.js";
import { chain, found, pathsIn } from "../lookups.js";

/** What the dynamic loader finds, as far as files show: the run paths of programs do not count. */
export interface Loader {
  /** The path it finds for a soname in any program; null: none; undefined: unknown. */
  find(soname: string): string | null | undefined;
  /** The path it finds in the process that loads models: the folders of its LD_LIBRARY_PATH come first. */
  findForModel(soname: string): string | null | undefined;
  /**
   * The folders of that process's LD_LIBRARY_PATH, in order; "absent" if no such process is running. Asked for only if
   * a library is not found without it, since every process has to be examined.
   */
  modelFolders(): Lookup<readonly string[]>;
  /** Whether a library file is empty on a machine where others are not: the loader says "file too short". */
  isEmpty(path: string): boolean;
  /** Folders of the libraries looked for that the cache names, in alphabetical order. */
  readonly folders: readonly string[];
  /** Folders that /etc/ld.so.conf names, in its order. */
  readonly configured: readonly string[];
  /** Folders that the loader always searches, best first. */
  readonly trusted: readonly string[];
  /** Why the cache could not be used; null if it was used, or does not exist. */
  readonly problem: string | null;
  /** Whether the cache was read: then a library that is not found is known to be missing. */
  readonly isComplete: boolean;
  /** Why a library that was not found may be there all the same; null if it is known to be missing. */
  readonly whyUnsure: string | null;
}

const WANTED = ["libcudart.so.", "libcudnn.so.", "libnvinfer.so.", "libcuda.so."];
const TRIPLETS: Readonly<Record<Arch, readonly string[]>> = {
  ARM64: ["aarch64-linux-gnu"],
  X86_64: ["x86_64-linux-gnu"],
};
/** Libraries that tell a machine with real files from a copy that has only their names. */
const NEIGHBOURS = /^lib(?:c|m|stdc\+\+|cuda|cudart|cudnn|nvinfer|nvidia-ml)\.so(?:\.|$)/;
const TEGRA_FOLDERS = ["tegra", "nvidia"];
const MOST_NEIGHBOURS = 200;

/** The Edge Agent, which loads the models of all packaged components. */
const EDGE_AGENT = "aws.iot.lookoutvision.EdgeAgent";
const MOST_MODEL_FOLDERS = 100;

/**
 * The loader of this root, for libraries whose names begin as `wanted` says. Looks at: /etc/ld.so.cache (both formats);
 * without it the folders of /etc/ld.so.conf and what it includes; then the trusted folders in /lib and /usr/lib; the
 * first bytes of libc, libm, libstdc++ and NVIDIA's libraries there; LD_LIBRARY_PATH of the Edge Agent's processes
 * (process-environment.ts).
 */
export function readLoader(host: Host, arch: Arch | null, wanted: readonly string[] = WANTED): Loader {
  const bytes = host.bytes(LD_CACHE, MOST_BYTES);
  const cache = bytes.state === "found" ? parseLdCache(bytes.value, wanted, arch) : null;
  const configuration = readLoaderConfiguration(host);
  const trusted = trustedFolders(arch);
  const isComplete = cache !== null;
  const isEmpty = emptiness(host, [...trusted, ...configuration.folders]);
  const isGiven = (path: string) => host.kind(path).state === "found" && !isEmpty(path);
  // ldconfig puts the configured folders before the trusted ones.
  const searched = cache === null ? [...configuration.folders, ...trusted] : trusted;

  const find = (soname: string): string | null | undefined => {
    const cached = cache?.get(soname);
    if (cached !== undefined && isGiven(cached)) return cached;
    const path = searched.map((folder) => `${folder}/${soname}`).find(isGiven);
    return path ?? (isComplete || isAnswered(configuration) ? null : undefined);
  };
  let folders: Lookup<readonly string[]> | null = null;
  const modelFolders = () => {
    folders ??= chain(host.environment(EDGE_AGENT, "LD_LIBRARY_PATH"), (text) => found(foldersIn(text)));
    return folders;
  };

  return {
    find,
    modelFolders,
    findForModel(soname) {
      const own = modelFolders();
      const path = own.state === "found" ? own.value.map((folder) => `${folder}/${soname}`).find(isGiven) : undefined;
      if (path !== undefined) return path;
      const plain = find(soname);
      // If LD_LIBRARY_PATH is hidden, nothing is known to be missing.
      return plain === null && own.state === "unreadable" ? undefined : plain;
    },
    trusted,
    isEmpty,
    isComplete,
    configured: configuration.folders,
    problem: problemOf(bytes, cache !== null),
    whyUnsure: whyUnsure(host, searched, isComplete),
    folders: cache ? [...new Set([...cache.values()].map(parentOf))].sort() : [],
  };
}

/** Separated by colons or semicolons; an empty or relative folder depends on the program's working directory. */
function foldersIn(text: string): string[] {
  const folders = text.split(/[:;]/).filter((folder) => folder.startsWith("/") && folder.length < LONGEST_PATH);
  return [...new Set(folders.map(withoutEndSlashes))].filter(Boolean).slice(0, MOST_MODEL_FOLDERS);
}

/** Why it is unknown whether the model gets a library that other programs do not find; null if known. */
export function whyModelUnsure(loader: Loader): string | null {
  const folders = loader.modelFolders();
  return folders.state === "unreadable"
    ? `whether LD_LIBRARY_PATH of the Edge Agent leads to it is not known: ${folders.why}`
    : null;
}

/** The multiarch names of an architecture's folders; of both if it is unknown. */
export function tripletsOf(arch: Arch | null): readonly string[] {
  return arch === null ? [...TRIPLETS.ARM64, ...TRIPLETS.X86_64] : TRIPLETS[arch];
}

/** ld.so.conf names or includes all folders; single files of ld.so.conf.d may be all that was copied. */
function isAnswered({ hasMain, problems }: LoaderConfiguration): boolean {
  return hasMain && problems.length === 0;
}

function problemOf(bytes: ReturnType<Host["bytes"]>, isCache: boolean): string | null {
  if (bytes.state === "unreadable") return bytes.why;
  return bytes.state === "found" && !isCache ? "is not a loader cache" : null;
}

/**
 * A folder that holds a single library, under whatever names, may have been copied for that one: it does not show which
 * others are missing.
 */
function whyUnsure(host: Host, folders: readonly string[], isComplete: boolean): string | null {
  if (isComplete) return null;
  const lists = folders.some((folder) => {
    const names = host.list(folder);
    const libraries =
      names.state === "found" ? names.value.flatMap((name) => /^lib.*?(?=\.so(?:\.|$))/.exec(name) ?? []) : [];
    return new Set(libraries).size > 1;
  });
  return lists ? null : "neither the loader's cache nor its folders are there";
}

/**
 * Container images have empty files where the NVIDIA runtime mounts the host's libraries. In a copied tree all
 * libraries may be empty stand-ins, which prove nothing, so one with content must be seen first.
 */
function emptiness(host: Host, folders: readonly string[]): (path: string) => boolean {
  let hasContent: boolean | null = null;
  const look = () =>
    [...folders, ...folders.flatMap((folder) => TEGRA_FOLDERS.map((inner) => `${folder}/${inner}`)), ...toolkits(host)]
      .flatMap((folder) => pathsIn(host, folder, NEIGHBOURS))
      .slice(0, MOST_NEIGHBOURS)
      .some((path) => {
        const head = host.head(path, 4);
        return head.state === "found" && head.value === "\x7fELF";
      });
  return (path) => {
    const size = host.size(path);
    if (size.state !== "found" || size.value !== 0) return false;
    hasContent ??= look();
    return hasContent;
  };
}

function toolkits(host: Host): string[] {
  const targets = ["aarch64-linux", "sbsa-linux", "x86_64-linux"].map((target) => `targets/${target}/lib`);
  return pathsIn(host, "/usr/local", /^cuda(?:-[\d.]+)?$/).flatMap((toolkit) =>
    [...targets, "lib64", "lib"].map((inner) => `${toolkit}/${inner}`),
  );
}

function trustedFolders(arch: Arch | null): string[] {
  const own = tripletsOf(arch).flatMap((triplet) => [`/usr/lib/${triplet}`, `/lib/${triplet}`]);
  return [...own, "/usr/lib64", "/lib64", "/usr/lib", "/lib"];
}
