import type { Arch } from "../facts.js";
import type { Host } from "../host.js";
import { MOST_BYTES } from "../host.js";
import { LD_CACHE, parseLdCache } from "../ld-cache.js";

/** What the dynamic loader would take, as far as files tell (LD_LIBRARY_PATH and run paths do not count). */
export interface Loader {
  /** The path it takes for a soname; null: it finds none; undefined: that cannot be told. */
  find(soname: string): string | null | undefined;
  /** Folders of the wanted libraries that the cache knows, in alphabetical order. */
  readonly folders: readonly string[];
  /** Folders that the loader searches without being told, best first. */
  readonly trusted: readonly string[];
  /** Why the cache could not be used; null when it was, or is not there. */
  readonly problem: string | null;
}

const WANTED = ["libcudart.so.", "libcudnn.so.", "libnvinfer.so."];
const TRIPLETS: Readonly<Record<Arch, readonly string[]>> = {
  ARM64: ["aarch64-linux-gnu"],
  X86_64: ["x86_64-linux-gnu"],
};

/** The loader of this root. Looks at: /etc/ld.so.cache (both formats), then the trusted folders in /lib and /usr/lib. */
export function readLoader(host: Host, arch: Arch | null): Loader {
  const bytes = host.bytes(LD_CACHE, MOST_BYTES);
  const cache = bytes.state === "found" ? parseLdCache(bytes.value, WANTED, arch) : null;
  const trusted = trustedFolders(arch);
  const problem =
    bytes.state === "unreadable" ? bytes.why : bytes.state === "found" && !cache ? "is no loader cache" : null;

  return {
    trusted,
    problem,
    folders: cache ? [...new Set([...cache.values()].map(folderOf))].sort() : [],
    find(soname) {
      const cached = cache?.get(soname);
      if (cached !== undefined && host.kind(cached).state === "found") return cached;
      const path = trusted.map((folder) => `${folder}/${soname}`).find((name) => host.kind(name).state === "found");
      // Without a cache nobody knows which other folders /etc/ld.so.conf would have brought in.
      return path ?? (cache ? null : undefined);
    },
  };
}

/** The multiarch names of an architecture's folders; of both where it is unknown. */
export function tripletsOf(arch: Arch | null): readonly string[] {
  return arch === null ? [...TRIPLETS.ARM64, ...TRIPLETS.X86_64] : TRIPLETS[arch];
}

function trustedFolders(arch: Arch | null): string[] {
  const own = tripletsOf(arch).flatMap((triplet) => [`/usr/lib/${triplet}`, `/lib/${triplet}`]);
  return [...own, "/usr/lib64", "/lib64", "/usr/lib", "/lib"];
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
