import { DPKG_STATUS, type PackageList } from "../dpkg.js";
import type { Arch } from "../facts.js";
import type { Host } from "../host.js";
import { LD_CACHE } from "../ld-cache.js";
import type { LibrarySearch, LibrarySighting } from "../libraries.js";
import type { Problem } from "../sightings.js";
import type { LibraryCopies } from "./library-copies.js";
import type { Loader } from "./loader.js";

/** The inputs that the detectors of libraries share. */
export interface LibraryParts {
  readonly loader: Loader;
  readonly packages: PackageList;
  readonly copies: LibraryCopies;
  readonly arch: Arch | null;
}

/** Nix profiles, which link into /nix/store: programs of Nix find them by their run paths, others do not. */
export const NIX_FOLDERS = ["/run/current-system/sw/lib", "/nix/var/nix/profiles/default/lib"];

const MOST_OWN = 40;

/**
 * Folders that people unpack TensorRT to: tensorrt*, TensorRT-X.Y.Z.W and trtN, in any case, in /usr/local, /opt, /usr
 * and /, each with its lib and targets.
 */
export function tensorrtFolders(host: Host): string[] {
  const named = ["/usr/local", "/opt", "/opt/nvidia", "/usr", ""].flatMap((base) => {
    const names = host.list(base === "" ? "/" : base);
    if (names.state !== "found") return [];
    const own = names.value.filter((name) => /^(?:tensorrt|trt)[-_.\d]*/i.test(name)).sort();
    return own.slice(0, MOST_OWN).map((name) => `${base}/${name}`);
  });
  return named.flatMap((folder) => [
    `${folder}/lib`,
    `${folder}/targets/x86_64-linux-gnu/lib`,
    `${folder}/targets/aarch64-linux-gnu/lib`,
    folder,
  ]);
}

/** Copies count as evidence only if the loader finds no library. */
export function copiesUnlessFound(
  files: readonly LibrarySighting[],
  copies: () => readonly LibrarySighting[],
): readonly LibrarySighting[] {
  return files.some(({ loadable }) => loadable !== false) ? [] : copies();
}

/** Where a library was looked for, and the problems on the way. */
export function searchOf(
  { loader, packages }: Pick<LibraryParts, "loader" | "packages">,
  problems: readonly Problem[],
  looked: readonly string[],
): LibrarySearch {
  const all = [...problems];
  if (packages.problem !== null) all.push({ from: DPKG_STATUS, why: packages.problem });
  if (loader.problem !== null) all.push({ from: LD_CACHE, why: loader.problem });
  return { problems: all, looked, whyUnsure: loader.whyUnsure };
}
