import { DPKG_STATUS } from "../dpkg.js";
import type { Arch, Library, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { chooseLibrary, type LibrarySighting, noted, notedPackages } from "../libraries.js";
import type { Problem } from "../sightings.js";
import { headerFolders } from "./cuda.js";
import { findLibraryFiles, type LibraryName } from "./library-files.js";
import { copiesUnlessFound, type LibraryParts, NIX_FOLDERS, searchOf, tensorrtFolders } from "./library-parts.js";

const NVINFER: LibraryName = {
  prefix: "libnvinfer.so.",
  leastParts: 3,
  soname: (version) => `libnvinfer.so.${version.split(".", 1)[0]}`,
};

/**
 * TensorRT, cut to x.y.z. Looks at: libnvinfer.so.X.Y.Z in /usr/lib[64], /usr/lib/<triplet>, /usr/local/lib, TensorRT's own
 * folders in /usr/local and /opt (library-parts.ts), Nix profiles, the folders of the loader's cache and of ld.so.conf; dpkg's
 * libnvinferN, libnvinfer-bin, tensorrt (their `+cudaN` tail is the CUDA it was built with); NvInferVersion.h in /usr/include
 * and /usr/include/<triplet>; copies where the loader finds none (library-copies.ts).
 */
export function detectTensorrt(host: Host, { loader, packages, copies, arch }: LibraryParts): Reading<Library> {
  const problems: Problem[] = [];
  const usual = [...loader.trusted, ...loader.folders, ...loader.configured];
  const own = ["/usr/local/lib", ...tensorrtFolders(host), ...NIX_FOLDERS];
  const files = findLibraryFiles({ host, loader, problems }, { usual, own }, NVINFER);
  const sightings: LibrarySighting[] = [
    ...files,
    ...copiesUnlessFound(files, () => copies.find(NVINFER, /^(?:nvidia_)?tensorrt(?:_cu\d+)?(?:_libs)?$/)),
    ...notedPackages(packages, /^(?:libnvinfer|tensorrt)/),
    ...inHeaders(host, arch, problems),
  ];
  const looked = ["library folders (libnvinfer.so)", `${DPKG_STATUS} (libnvinfer*)`, "NvInferVersion.h"];
  return chooseLibrary(sightings, searchOf({ loader, packages }, problems, looked), { lineParts: 3, mostParts: 3 });
}

/**
 * The version in NvInferVersion.h: numbers, or (newer 10.x) names that other defines give numbers; null if incomplete.
 */
export function parseNvInferVersion(text: string): string | null {
  const defines = new Map<string, string>();
  for (const [, key = "", value = ""] of text.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\w+)/gm)) {
    if (!defines.has(key)) defines.set(key, value);
  }
  const parts = ["MAJOR", "MINOR", "PATCH"].map((part) => {
    const value = defines.get(`NV_TENSORRT_${part}`) ?? "";
    return /^\d{1,6}$/.test(value) ? value : (defines.get(value) ?? "");
  });
  return parts.every((part) => /^\d{1,6}$/.test(part)) ? parts.join(".") : null;
}

function inHeaders(host: Host, arch: Arch | null, problems: Problem[]): LibrarySighting[] {
  return headerFolders(arch).flatMap((folder) => {
    const from = `${folder}/NvInferVersion.h`;
    const text = host.text(from);
    if (text.state === "unreadable") problems.push({ from, why: text.why });
    const version = text.state === "found" ? parseNvInferVersion(text.value) : null;
    if (text.state === "found" && version === null) problems.push({ from, why: "defines no version" });
    return version === null ? [] : [noted(from, version, "HEADER")];
  });
}
