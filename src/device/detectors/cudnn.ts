import { DPKG_STATUS, type PackageList } from "../dpkg.js";
import type { Arch, Library, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { LD_CACHE } from "../ld-cache.js";
import { chooseLibrary, type LibrarySighting, noted, notedPackages } from "../libraries.js";
import type { Problem } from "../sightings.js";
import { cudaFolders, headerFolders, toolkitFolders } from "./cuda.js";
import { findLibraryFiles, type LibraryName } from "./library-files.js";
import type { Loader } from "./loader.js";

const CUDNN: LibraryName = {
  prefix: "libcudnn.so.",
  leastParts: 3,
  soname: (version) => `libcudnn.so.${version.split(".", 1)[0]}`,
};

/**
 * cuDNN. Looks at: libcudnn.so.X.Y.Z in /usr/lib[64], /usr/lib/<triplet>, the CUDA toolkits and the loader cache's folders;
 * dpkg's libcudnnN and libcudnnN-cuda-M; cudnn_version.h (8 and later) and cudnn.h (7) in /usr/include,
 * /usr/include/<triplet> and the toolkits.
 */
export function detectCudnn(host: Host, loader: Loader, packages: PackageList, arch: Arch | null): Reading<Library> {
  const problems: Problem[] = [];
  const home = host.resolve("/usr/local/cuda");
  const toolkits = toolkitFolders(host, home.state === "found" ? home.value : null);
  const folders = [...loader.trusted, ...cudaFolders(toolkits, arch), "/usr/local/lib", ...loader.folders];
  const sightings: LibrarySighting[] = [
    ...findLibraryFiles({ host, loader, problems }, folders, CUDNN),
    ...notedPackages(packages, /^libcudnn\d/),
    ...inHeaders(host, [...headerFolders(arch), ...toolkits.map((toolkit) => `${toolkit}/include`)], problems),
  ];
  if (packages.problem !== null) problems.push({ from: DPKG_STATUS, why: packages.problem });
  if (loader.problem !== null) problems.push({ from: LD_CACHE, why: loader.problem });
  const looked = ["library folders (libcudnn.so)", `${DPKG_STATUS} (libcudnn*)`, "cudnn_version.h, cudnn.h"];
  return chooseLibrary(sightings, problems, looked, { lineParts: 3, mostParts: 4 });
}

/** The version that a cuDNN header defines, null when it defines none. */
export function parseCudnnHeader(text: string): string | null {
  const parts = ["MAJOR", "MINOR", "PATCHLEVEL"].map(
    (part) => new RegExp(`^#define\\s+CUDNN_${part}\\s+(\\d{1,6})\\s*$`, "m").exec(text)?.[1],
  );
  return parts.every((part) => part !== undefined) ? parts.join(".") : null;
}

function inHeaders(host: Host, folders: readonly string[], problems: Problem[]): LibrarySighting[] {
  return folders.flatMap((folder) => {
    for (const file of ["cudnn_version.h", "cudnn.h"]) {
      const from = `${folder}/${file}`;
      const text = host.text(from);
      if (text.state === "unreadable") problems.push({ from, why: text.why });
      // cudnn.h of 8 and later only includes cudnn_version.h: no version there is no problem.
      const version = text.state === "found" ? parseCudnnHeader(text.value) : null;
      if (version !== null) return [noted(from, version, "HEADER")];
    }
    return [];
  });
}
