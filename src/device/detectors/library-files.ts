import { fileNameOf, folderOf } from "../../base/paths.js";
import { glibcNeeded } from "../elf-files.js";
import type { Host } from "../host.js";
import type { LibrarySighting } from "../libraries.js";
import type { Problem } from "../sightings.js";
import { type Loader, whyModelUnsure } from "./loader.js";

/** How one library's files are named. */
export interface LibraryName {
  /** `libnvinfer.so.` */
  readonly prefix: string;
  /** How many version parts a file name must have to state the version: with fewer it is a soname. */
  readonly leastParts: number;
  /** The soname that a program built with this version loads. */
  soname(version: string): string;
}

/** Where to look for files; folders that cannot be listed are added to `problems`. */
interface Search {
  readonly host: Host;
  readonly loader: Loader;
  readonly problems: Problem[];
}

/** Folders to search, by how the loader comes to them. */
interface LibraryFolders {
  /** Those that the loader searches, or that a package adds to its configuration. */
  readonly usual: readonly string[];
  /** Those that it searches only if configured to. */
  readonly own?: readonly string[];
  /** The toolkit that counts if there are several. */
  readonly preferred?: string | null;
}

/** The most files of one library in a folder: machines have a handful, and each costs several system calls. */
const MOST_FILES = 200;
/** The most in all folders together: ld.so.conf may name hundreds of folders. */
const MOST_FILES_TOGETHER = 500;

/**
 * The files of one library in the given folders, each real file once, in the order of the folders. If the loader does
 * not find them all, LD_LIBRARY_PATH of the process that loads models counts: its folders come first.
 */
export function findLibraryFiles(search: Search, folders: LibraryFolders, name: LibraryName): LibrarySighting[] {
  const { loader } = search;
  const problems: Problem[] = [];
  const files = filesIn({ ...search, problems }, folders, name, loader.find);
  const isGiven = files.length > 0 && files.every(({ loadable }) => loadable === true);
  const own = isGiven ? null : loader.modelFolders();
  if (own?.state === "found" && own.value.length > 0) {
    return filesIn(search, { ...folders, usual: [...own.value, ...folders.usual] }, name, loader.findForModel);
  }
  search.problems.push(...problems);
  const why = isGiven ? null : whyModelUnsure(loader);
  return why === null ? files : files.map((file) => (isHidden(file) ? { ...file, loadable: null, why } : file));
}

function isHidden({ loadable, isEmpty }: LibrarySighting): boolean {
  return loadable === false && isEmpty !== true;
}

function filesIn(search: Search, folders: LibraryFolders, name: LibraryName, find: Given): LibrarySighting[] {
  const { host, problems } = search;
  const { usual, own = [], preferred = null } = folders;
  const seen = new Map<string, LibrarySighting>();
  const listed = new Set<string>();
  const given = remembered(find);
  const real = remembered((folder) => realFolder(host, folder));
  let left = MOST_FILES_TOGETHER;
  for (const [index, folder] of [...usual, ...own].entries()) {
    const at = host.resolve(folder);
    if (at.state === "unreadable") problems.push({ from: folder, why: at.why });
    if (at.state !== "found" || listed.has(at.value)) continue;
    listed.add(at.value);
    const names = host.list(at.value);
    if (names.state === "unreadable") problems.push({ from: at.value, why: names.why });
    if (names.state !== "found") continue;
    const all = names.value.filter((entry) => entry.startsWith(name.prefix)).sort();
    const siblings = all.slice(0, Math.min(MOST_FILES, left));
    left -= siblings.length;
    if (all.length > siblings.length) {
      const why = `has ${all.length} files named ${name.prefix}*: only ${siblings.length} of them were read`;
      problems.push({ from: at.value, why });
    }
    for (const entry of siblings) {
      const target = host.resolve(`${at.value}/${entry}`);
      const version = versionIn(target.state === "found" ? target.value : entry, entry, name);
      if (version === null || target.state !== "found" || seen.has(target.value)) continue;
      const file = { name, version, path: target.value, siblings, isUsual: index < usual.length };
      seen.set(target.value, {
        version,
        from: target.value,
        kind: "FILE",
        preferred: preferred !== null && target.value.startsWith(`${preferred}/`),
        ...loadability(search, { given, real }, file),
      });
    }
  }
  return [...seen.values()];
}

/** The version in a file's name or in the name of the link to it; null if both are only sonames. */
export function versionIn(
  target: string,
  entry: string,
  { prefix, leastParts }: Pick<LibraryName, "prefix" | "leastParts">,
): string | null {
  const own = fileNameOf(target);
  for (const file of [own, entry]) {
    const version = file.startsWith(prefix) ? file.slice(prefix.length) : "";
    if (/^\d{1,6}(\.\d{1,6})*$/.test(version) && version.split(".").length >= leastParts) return version;
  }
  return null;
}

interface LibraryFile {
  readonly name: LibraryName;
  readonly version: string;
  readonly path: string;
  /** The library's other names in the same folder. */
  readonly siblings: readonly string[];
  readonly isUsual: boolean;
}

type Loadability = Pick<LibrarySighting, "loadable" | "why" | "glibc" | "isEmpty">;

interface Answers {
  readonly given: Given;
  readonly real: (folder: string) => string;
}

function loadability({ host, loader }: Search, { given, real }: Answers, file: LibraryFile): Loadability {
  if (loader.isEmpty(file.path)) {
    const why = "it has 0 bytes: a stub of a container image, over which the host's library was not mounted";
    return { loadable: false, why, isEmpty: true };
  }
  const needed = glibcNeeded(host, file.path);
  const glibc = needed === null ? {} : { glibc: needed };
  const loadable = isLoadable(host, given, file);
  if (loadable === true) return { loadable, ...glibc };
  if (loadable === false) {
    const soname = file.name.soname(file.version);
    const named = loader.configured.some((folder) => file.path.startsWith(`${real(folder)}/`));
    const why = named
      ? `the loader's cache does not have ${soname}: ldconfig has not been run since its folder was configured`
      : `the loader does not find ${soname} there`;
    return { loadable, why, ...glibc };
  }
  if (file.isUsual) return { loadable, ...glibc };
  return {
    loadable,
    why: "neither a cache nor a configuration of the loader tells whether it searches there",
    ...glibc,
  };
}

/** The configuration may name folders by links: /opt/TensorRT/lib is a link to targets/<triplet>/lib. */
function realFolder(host: Host, folder: string): string {
  const real = host.resolve(folder);
  return real.state === "found" ? real.value : folder;
}

type Given = (soname: string) => string | null | undefined;

/** Caches the answer for each text. */
function remembered<Answer>(ask: (text: string) => Answer): (text: string) => Answer {
  const answers = new Map<string, { readonly answer: Answer }>();
  return (text) => {
    const known = answers.get(text) ?? { answer: ask(text) };
    answers.set(text, known);
    return known.answer;
  };
}

function isLoadable(host: Host, given: Given, { name, version, path, siblings }: LibraryFile): boolean | null {
  const soname = name.soname(version);
  const found = given(soname);
  if (found === undefined) return null;
  if (found === null) return false;
  const target = host.resolve(found);
  if (target.state === "found" && target.value === path) return true;
  // In a copy without links the soname is a file of its own: with a single version, it can only be that one's.
  const isCopy = target.state === "found" && target.value === `${folderOf(path)}/${soname}`;
  if (!isCopy) return false;
  const rivals = siblings.filter((entry) => {
    const other = versionIn(entry, entry, name);
    return other !== null && name.soname(other) === soname;
  });
  return rivals.length === 1 ? true : null;
}
