import { type ElfDynamic, runPathFolders } from "../base/elf.js";
import { newestVersion } from "../base/elf-versions.js";
import { folderOf } from "../base/paths.js";
import { printable } from "../base/text.js";
import { type Loader, readLoader, whyModelUnsure } from "./detectors/loader.js";
import { elfAt } from "./elf-files.js";
import { type DeviceFacts, known } from "./facts.js";
import type { Host } from "./host.js";
import { LD_CACHE } from "./ld-cache.js";

/** What the dynamic loader of this machine finds for one library that a program names. */
export interface LoaderAnswer {
  /** `libnvinfer.so.7` */
  readonly soname: string;
  /** MISSING only if the loader's cache was read: then a library that it does not find is known to be missing. */
  readonly state: "FOUND" | "MISSING" | "UNKNOWN";
  /** The file that it finds, links followed; null unless FOUND. */
  readonly path: string | null;
  /** Why it is missing or unknown, to follow a colon; null where it was found. */
  readonly why: string | null;
  /** The newest version of C++ symbols that libstdc++ defines: `3.4.25`; undefined for other libraries. */
  readonly glibcxx?: string;
  /** Libraries that it loads, directly or indirectly, and that are missing; undefined if there are none. */
  readonly lacks?: readonly string[];
}

/** The parts of a library's file that an answer needs. */
export type LibraryNeeds = Pick<ElfDynamic, "needed" | "runpath" | "rpath" | "versionDefinitions">;

/** Reads what a library's file needs; null when it cannot be read. */
export type ReadNeeds = (path: string) => LibraryNeeds | null;

/** One of NVIDIA's libraries loads a dozen others; a longer list is not one that a model loads. */
const MOST_FILES = 200;
const ALL_NAMES = [""];

/**
 * What the loader finds for each name, and whether its own libraries are there, as ldd would say, without running
 * anything. Looks at: what `readLoader` looks at; the dynamic section of each library that is found.
 */
export function loaderAnswers(
  host: Host,
  facts: Pick<DeviceFacts, "arch">,
  sonames: readonly string[],
  readNeeds: ReadNeeds = needsAt(host),
): readonly LoaderAnswer[] {
  if (sonames.length === 0) return [];
  const loader = readLoader(host, known(facts.arch), ALL_NAMES);
  const tree: LibraryTree = { host, readNeeds, loader, files: new Map() };
  return [...new Set(sonames)].map((soname) => answer(tree, soname));
}

/** Reads each library's file on the host. */
export function needsAt(host: Host): ReadNeeds {
  return (path) => elfAt(host, path)?.dynamic() ?? null;
}

interface LibraryTree {
  readonly host: Host;
  readonly readNeeds: ReadNeeds;
  readonly loader: Loader;
  /** For each file that was read: the libraries that it loads, found or not. */
  readonly files: Map<string, readonly Dependency[]>;
}

interface Dependency {
  readonly soname: string;
  /** Null: missing; undefined: unknown. */
  readonly path: string | null | undefined;
}

function answer(tree: LibraryTree, soname: string): LoaderAnswer {
  const path = given(tree.loader, soname);
  if (typeof path !== "string") return notGiven(tree.loader, soname);
  const file = resolved(tree, path);
  const lacks = lackingBelow(tree, file);
  const glibcxx = soname === "libstdc++.so.6" ? newestVersion(definedBy(tree, file), "GLIBCXX") : null;
  return {
    soname,
    state: "FOUND",
    path: printable(file),
    why: null,
    ...(glibcxx === null ? {} : { glibcxx }),
    ...(lacks.length === 0 ? {} : { lacks }),
  };
}

/**
 * What any program gets; otherwise what the process that loads models gets, whose LD_LIBRARY_PATH is looked up only if
 * it matters.
 */
function given(loader: Loader, soname: string): string | null | undefined {
  return loader.find(soname) ?? loader.findForModel(soname);
}

function notGiven(loader: Loader, soname: string): LoaderAnswer {
  const { isComplete, problem, whyUnsure } = loader;
  const hidden = whyModelUnsure(loader);
  if (hidden !== null) return { soname, state: "UNKNOWN", path: null, why: hidden };
  if (isComplete) {
    const why = `neither ${LD_CACHE} nor the folders that the loader always searches have it`;
    return { soname, state: "MISSING", path: null, why };
  }
  const why = problem === null ? (whyUnsure ?? `${LD_CACHE} is not there`) : `${LD_CACHE}: ${problem}`;
  return { soname, state: "UNKNOWN", path: null, why };
}

/** The missing libraries of a file and of all that it loads. */
function lackingBelow(tree: LibraryTree, file: string): readonly string[] {
  const lacking = new Set<string>();
  const seen = new Set([file]);
  for (const path of seen) {
    for (const { soname, path: next } of dependenciesOf(tree, path)) {
      if (next === null) lacking.add(printable(soname));
      else if (next !== undefined) seen.add(next);
    }
  }
  return [...lacking];
}

function dependenciesOf(tree: LibraryTree, file: string): readonly Dependency[] {
  const known = tree.files.get(file);
  if (known !== undefined) return known;
  const needs = tree.files.size < MOST_FILES ? tree.readNeeds(file) : null;
  const folders = needs === null ? [] : runPathFolders(needs, folderOf(file));
  const found = (needs?.needed ?? []).map((soname): Dependency => {
    const own = folders.map((one) => `${one}/${soname}`).find((path) => tree.host.kind(path).state === "found");
    const path = own ?? given(tree.loader, soname);
    if (typeof path === "string") return { soname, path: resolved(tree, path) };
    // As with the model's own libraries, only a cache that was read proves that one is missing.
    return { soname, path: tree.loader.isComplete && path === null ? null : undefined };
  });
  tree.files.set(file, found);
  return found;
}

function resolved({ host }: LibraryTree, path: string): string {
  const target = host.resolve(path);
  return target.state === "found" ? target.value : path;
}

function definedBy({ readNeeds }: LibraryTree, file: string): readonly string[] {
  return readNeeds(file)?.versionDefinitions ?? [];
}
