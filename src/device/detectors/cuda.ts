import { isObject, parseJson } from "../../base/json.js";
import { commonVersion, versionNumbers } from "../../base/version.js";
import { DPKG_STATUS } from "../dpkg.js";
import type { Arch, Library, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { chooseLibrary, type LibrarySighting, noted, notedPackages } from "../libraries.js";
import { pathsIn } from "../lookups.js";
import type { Problem } from "../sightings.js";
import { findLibraryFiles, type LibraryName } from "./library-files.js";
import { copiesUnlessFound, type LibraryParts, NIX_FOLDERS, searchOf, tensorrtFolders } from "./library-parts.js";
import { tripletsOf } from "./loader.js";

/** The toolkit that this machine uses by default: usually a link to /usr/local/cuda-X.Y. */
const CUDA_HOME = "/usr/local/cuda";
const TARGETS: Readonly<Record<Arch, readonly string[]>> = {
  ARM64: ["aarch64-linux", "sbsa-linux"],
  X86_64: ["x86_64-linux"],
};
// cuda.h has a megabyte; CUDA_VERSION is near its beginning.
const HEADER_BYTES = 128 * 1024;

const CUDART: LibraryName = { prefix: "libcudart.so.", leastParts: 3, soname: cudartSoname };

/**
 * The CUDA runtime. Looks at: version.json, version.txt and include/cuda.h in /usr/local/cuda, /usr/local/cuda-X.Y and
 * /opt/cuda; libcudart.so.X.Y.Z in their lib64, lib and targets, in /usr/lib[64], /usr/lib/<triplet>, Nix profiles, the
 * folders of the loader's cache and of ld.so.conf; dpkg's cuda-cudart-X-Y and libcudartX; as a last resort the folder's
 * name; copies if the loader finds none (library-copies.ts). If there are several, the target of /usr/local/cuda
 * counts.
 */
export function detectCuda(host: Host, { loader, packages, copies, arch }: LibraryParts): Reading<Library> {
  const problems: Problem[] = [];
  const home = host.resolve(CUDA_HOME);
  const preferred = home.state === "found" ? home.value : null;
  const toolkits = toolkitFolders(host, preferred);
  const folders = [...cudaFolders(toolkits, arch), ...loader.trusted, ...loader.folders, ...loader.configured];
  const files = findLibraryFiles(
    { host, loader, problems },
    { usual: folders, own: [...NIX_FOLDERS, ...tensorrtFolders(host)], preferred },
    CUDART,
  );
  const sightings: LibrarySighting[] = [
    ...files,
    ...copiesUnlessFound(files, () => copies.find(CUDART, /^nvidia_cuda_runtime(?:_cu\d+)?$/)),
    ...toolkits.flatMap((toolkit) => notesIn(host, toolkit, toolkit === preferred, problems)),
    // Ubuntu's libcudart11.0 is "11.5.117~11.5.1-1ubuntu1": the runtime's release comes first.
    ...notedPackages(packages, /^(?:cuda-cudart-|libcudart)\d/),
    ...toolkits.flatMap((toolkit) => folderName(host, toolkit, toolkit === preferred)),
  ];
  const looked = [CUDA_HOME, "library folders (libcudart.so)", `${DPKG_STATUS} (cuda-cudart-*)`];
  return chooseLibrary(sightings, searchOf({ loader, packages }, problems, looked), { lineParts: 2, mostParts: 4 });
}

const MOST_TOOLKITS = 200;

/**
 * Every toolkit's real folder, the default one first: /usr/local/cuda-X.Y, and /opt/cuda of Arch and Gentoo, whatever
 * links lead there.
 */
export function toolkitFolders(host: Host, preferred: string | null): string[] {
  const all = [
    ...pathsIn(host, "/usr/local", /^cuda-\d+(\.\d+)?$/),
    ...pathsIn(host, "/opt", /^cuda(?:-\d+(?:\.\d+)?)?$/),
  ];
  const real = all.flatMap((path) => {
    const target = host.resolve(path);
    return target.state === "found" ? [target.value] : [];
  });
  return [...new Set([...(preferred === null ? [] : [preferred]), ...real])].slice(0, MOST_TOOLKITS);
}

/** Where a toolkit keeps its libraries for an architecture. */
export function cudaFolders(toolkits: readonly string[], arch: Arch | null): string[] {
  const targets = arch === null ? [...TARGETS.ARM64, ...TARGETS.X86_64] : TARGETS[arch];
  return toolkits.flatMap((toolkit) => [
    ...targets.map((target) => `${toolkit}/targets/${target}/lib`),
    `${toolkit}/lib64`,
    `${toolkit}/lib`,
  ]);
}

/** The folders of packages' headers: /usr/include/<triplet>, /usr/include. */
export function headerFolders(arch: Arch | null): string[] {
  return [...tripletsOf(arch).map((triplet) => `/usr/include/${triplet}`), "/usr/include"];
}

/**
 * The version in version.json, as far as the releases of toolkit and runtime agree, since one CUDA has several patch
 * numbers.
 */
export function parseVersionJson(text: string): string | null {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    return null;
  }
  const versions = ["cuda", "cuda_cudart"].flatMap((key) => {
    const version = member(member(parsed, key), "version");
    return typeof version === "string" && versionNumbers(version) !== null ? [version] : [];
  });
  return commonVersion(versions) || null;
}

/**
 * The version in a runtime's soname: with the minor version up to 10.2, `11.0` for every 11.x, the major from 12 on.
 */
export function cudartSoname(version: string): string {
  const [major = 0, minor = 0] = versionNumbers(version) ?? [];
  if (major < 11) return `libcudart.so.${major}.${minor}`;
  return major === 11 ? "libcudart.so.11.0" : `libcudart.so.${major}`;
}

function notesIn(host: Host, toolkit: string, preferred: boolean, problems: Problem[]): LibrarySighting[] {
  const notes: LibrarySighting[] = [];
  const note = (from: string, version: string | null, kind: "NOTE" | "HEADER") => {
    if (version !== null) notes.push(noted(from, version, kind, preferred));
    else problems.push({ from, why: "gives no CUDA version" });
  };
  for (const [file, says] of [
    ["version.json", parseVersionJson],
    ["version.txt", parseVersionTxt],
  ] as const) {
    const path = `${toolkit}/${file}`;
    const text = host.text(path);
    if (text.state === "found") note(path, says(text.value), "NOTE");
    if (text.state === "unreadable") problems.push({ from: path, why: text.why });
  }
  // A header states only x.y, so it is read only if this toolkit has nothing more precise.
  const header = `${toolkit}/include/cuda.h`;
  const head = notes.length > 0 ? null : host.head(header, HEADER_BYTES);
  if (head?.state === "found") note(header, parseCudaHeader(head.value), "HEADER");
  return notes;
}

function parseVersionTxt(text: string): string | null {
  return /^CUDA Version (\d+(?:\.\d+){1,3})\s*$/m.exec(text)?.[1] ?? null;
}

/** `#define CUDA_VERSION 10020` → `10.2`, null when there is none. */
export function parseCudaHeader(text: string): string | null {
  // Search for the text first: a pattern over the whole header takes longer than all other reading together.
  const at = text.indexOf("#define CUDA_VERSION ");
  const number = at < 0 ? undefined : /^#define CUDA_VERSION +(\d{4,6})\s/.exec(text.slice(at, at + 80))?.[1];
  if (number === undefined) return null;
  return `${Math.floor(Number(number) / 1000)}.${Math.floor((Number(number) % 1000) / 10)}`;
}

/** The last resort, since removed toolkits leave empty folders behind. */
function folderName(host: Host, toolkit: string, preferred: boolean): LibrarySighting[] {
  const version = /^\/usr\/local\/cuda-(\d+\.\d+)$/.exec(toolkit)?.[1];
  const inside = version === undefined ? null : host.list(toolkit);
  if (version === undefined || inside?.state !== "found") return [];
  if (!inside.value.some((name) => ["lib64", "lib", "targets", "bin"].includes(name))) return [];
  return [noted(toolkit, version, "FOLDER", preferred)];
}

function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
