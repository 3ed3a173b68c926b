import type { Host } from "../host.js";
import type { LibrarySighting } from "../libraries.js";
import type { Problem } from "../sightings.js";
import type { Loader } from "./loader.js";

/** How one library's files are named. */
export interface LibraryName {
  /** `libnvinfer.so.` */
  readonly prefix: string;
  /** How many parts a file name must have to tell the version: fewer make a soname. */
  readonly leastParts: number;
  /** The soname that a program of this version asks for. */
  soname(version: string): string;
}

/** Where files are looked for; folders that cannot be listed are added to `problems`. */
export interface Search {
  readonly host: Host;
  readonly loader: Loader;
  readonly problems: Problem[];
}

/** The files of one library in the given folders, each real file once, in the order of the folders. */
export function findLibraryFiles(
  { host, loader, problems }: Search,
  folders: readonly string[],
  name: LibraryName,
  preferredFolder: string | null = null,
): LibrarySighting[] {
  const seen = new Map<string, LibrarySighting>();
  const taken = new Map<string, string | null | undefined>();
  const listed = new Set<string>();
  for (const folder of folders) {
    const real = host.resolve(folder);
    if (real.state !== "found" || listed.has(real.value)) continue;
    listed.add(real.value);
    const names = host.list(real.value);
    if (names.state === "unreadable") problems.push({ from: real.value, why: names.why });
    if (names.state !== "found") continue;
    const wanted = names.value.filter((entry) => entry.startsWith(name.prefix)).sort();
    for (const entry of wanted) {
      const path = `${real.value}/${entry}`;
      const target = host.resolve(path);
      const version = versionIn(target.state === "found" ? target.value : path, entry, name);
      if (version === null || target.state !== "found" || seen.has(target.value)) continue;
      const preferred = preferredFolder !== null && target.value.startsWith(`${preferredFolder}/`);
      const loadable = isLoadable(host, loader, taken, name, version, target.value, wanted);
      seen.set(target.value, { version, from: target.value, loadable, kind: "FILE", preferred });
    }
  }
  return [...seen.values()];
}

/** The version in a file's name, or in the name of the link to it; null where both are only sonames. */
function versionIn(target: string, entry: string, { prefix, leastParts }: LibraryName): string | null {
  const own = target.slice(target.lastIndexOf("/") + 1);
  for (const file of [own, entry]) {
    const version = file.startsWith(prefix) ? file.slice(prefix.length) : "";
    if (/^\d{1,6}(\.\d{1,6})+$/.test(version) && version.split(".").length >= leastParts) return version;
  }
  return null;
}

function isLoadable(
  host: Host,
  loader: Loader,
  taken: Map<string, string | null | undefined>,
  name: LibraryName,
  version: string,
  path: string,
  siblings: readonly string[],
): boolean | null {
  const soname = name.soname(version);
  if (!taken.has(soname)) taken.set(soname, loader.find(soname));
  const found = taken.get(soname);
  if (found === undefined) return null;
  if (found === null) return false;
  const target = host.resolve(found);
  if (target.state === "found" && target.value === path) return true;
  // A copy without links has the soname as a file of its own: beside one version it can only be that one's.
  const isCopy = target.state === "found" && target.value === `${path.slice(0, path.lastIndexOf("/"))}/${soname}`;
  if (!isCopy) return false;
  const rivals = siblings.filter((entry) => {
    const other = versionIn(entry, entry, name);
    return other !== null && name.soname(other) === soname;
  });
  return rivals.length === 1 ? true : null;
}
