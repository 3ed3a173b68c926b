import { DPKG_STATUS } from "../dpkg.js";
import type { Library, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { chooseLibrary, type LibrarySighting, noted, notedPackages } from "../libraries.js";
import type { Problem } from "../sightings.js";
import { cudaFolders, headerFolders, toolkitFolders } from "./cuda.js";
import { findLibraryFiles, type LibraryName } from "./library-files.js";
import { copiesUnlessFound, type LibraryParts, NIX_FOLDERS, searchOf, tensorrtFolders } from "./library-parts.js";

const CUDNN: LibraryName = {
  prefix: "libcudnn.so.",
  leastParts: 3,
  soname: (version) => `libcudnn.so.${version.split(".", 1)[0]}`,
};

/**
 * cuDNN. Looks at: libcudnn.so.X.Y.Z in /usr/lib[64], /usr/lib/<triplet>, the CUDA toolkits, TensorRT's folders, Nix profiles,
 * the folders of the loader's cache and of ld.so.conf; dpkg's libcudnnN and libcudnnN-cuda-M; cudnn_version.h (8 and later)
 * and cudnn.h (7) in /usr/include, /usr/include/<triplet> and the toolkits; copies where the loader finds none.
 */
export function detectCudnn(host: Host, { loader, packages, copies, arch }: LibraryParts): Reading<Library> {
  const problems: Problem[] = [];
  const home = host.resolve("/usr/local/cuda");
  const toolkits = toolkitFolders(host, home.state === "found" ? home.value : null);
  const usual = [...loader.trusted, ...cudaFolders(toolkits, arch), "/usr/local/lib", ...loader.folders];
  const files = findLibraryFiles(
    { host, loader, problems },
    { usual: [...usual, ...loader.configured], own: [...NIX_FOLDERS, ...tensorrtFolders(host)] },
    CUDNN,
  );
  const sightings: LibrarySighting[] = [
    ...files,
    ...copiesUnlessFound(files, () => copies.find(CUDNN, /^nvidia_cudnn(?:_cu\d+)?$/)),
    ...notedPackages(packages, /^libcudnn\d/),
    ...inHeaders(host, [...headerFolders(arch), ...toolkits.map((toolkit) => `${toolkit}/include`)], problems),
  ];
  const looked = ["library folders (libcudnn.so)", `${DPKG_STATUS} (libcudnn*)`, "cudnn_version.h, cudnn.h"];
  return chooseLibrary(sightings, searchOf({ loader, packages }, problems, looked), { lineParts: 3, mostParts: 4 });
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
      // From version 8 on, cudnn.h only includes cudnn_version.h: it need not state a version.
      const version = text.state === "found" ? parseCudnnHeader(text.value) : null;
      if (version !== null) return [noted(from, version, "HEADER")];
    }
    return [];
  });
}
