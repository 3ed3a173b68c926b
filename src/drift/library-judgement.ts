import { parseVersion, sameAsFar, type Version } from "../base/version.js";
import type { DeviceFacts, Installed, Library, Reading } from "../device/facts.js";
import { inferLibraries } from "../device/infer.js";

/** A rule's judgement of a library, before it becomes a finding. */
export interface Judgement {
  readonly grade: "MATCH" | "WARNING" | "BLOCKING" | "UNKNOWN";
  /** The version that was judged. */
  readonly actual: string;
  /** A sentence about what was found and what is needed. */
  readonly because: string;
}

/** A version that a program would get, or may get if it is unknown whether the loader finds it. */
export interface Available {
  readonly text: string;
  readonly version: Version;
  readonly certain: boolean;
}

/**
 * The library as the rules use it: what was read, otherwise what L4T implies (INFERRED) on a JetPack 4 or 5 host,
 * otherwise the reading unchanged.
 */
export function libraryReading(facts: DeviceFacts, key: "cuda" | "tensorrt"): Reading<Library> {
  return inferLibraries(facts)[key] ?? facts[key];
}

/**
 * The default version first, then other installed versions that the loader finds, then those for which that is unknown.
 * A version whose files the loader does not find is not available, whatever packages and notes say.
 */
export function availableVersions(library: Library): Available[] {
  const found: Available[] = [];
  const add = (text: string, certain: boolean) => {
    const version = parseVersion(text);
    if (version !== null && !found.some((other) => other.text === text)) found.push({ text, version, certain });
  };
  const chosen = filesOf(library, library.version);
  // A version without a file of its own comes from a package, a note, L4T or the operator.
  if (chosen.length === 0 || chosen.some(isPresumed)) add(library.version, true);
  else if (chosen.some(({ loadable }) => loadable === null)) add(library.version, false);
  for (const installed of library.installed) if (installed.loadable === true) add(installed.version, true);
  for (const installed of library.installed) {
    const files = filesOf(library, installed.version);
    const isNote = files.length > 0 && !files.includes(installed);
    if (installed.loadable === null && !isNote) add(installed.version, false);
  }
  return found;
}

/** Where a version is installed that the loader does not find, and why; null if there is none. */
function hiddenPlace(library: Library, wanted: (version: Version) => boolean): string | null {
  const hidden = hiddenFile(library, wanted);
  return hidden === null
    ? null
    : `${hidden.version} at ${hidden.from}${hidden.why === undefined ? "" : `: ${hidden.why}`}`;
}

/** The installed file behind it. */
export function hiddenFile(library: Library, wanted: (version: Version) => boolean): Installed | null {
  return (
    library.installed.find((installed) => {
      const version = installed.loadable === false ? parseVersion(installed.version) : null;
      return version !== null && wanted(version);
    }) ?? null
  );
}

/** What a rule needs, in words: `CUDA`, `The model needs CUDA 10.2`, and which installed version would do. */
interface VersionConstraint {
  readonly name: "CUDA" | "TensorRT";
  readonly sentence: string;
  readonly serves: (version: Version) => boolean;
}

/**
 * The judgement if the loader finds no suitable version; `otherwise` ends the sentence if another version is installed.
 */
export function judgeMissing(
  library: Library,
  { name, sentence, serves }: VersionConstraint,
  otherwise: string,
): Judgement {
  const hidden = hiddenPlace(library, serves);
  if (hidden !== null) {
    const available = availableVersions(library);
    const given = available.find(({ certain }) => certain)?.text ?? `no ${name}`;
    return {
      grade: "BLOCKING",
      actual: available.length > 0 ? library.version : `${library.version}, not found by the loader`,
      because: `${sentence}, which is installed (${hidden}) but not found by the loader, which finds ${given}`,
    };
  }
  if (parseVersion(library.version) === null) {
    return {
      grade: "UNKNOWN",
      actual: library.version,
      because: `"${library.version}" is not a ${name} version that can be compared`,
    };
  }
  return { grade: "BLOCKING", actual: library.version, because: `${sentence}${otherwise}` };
}

function filesOf(library: Library, version: string): Installed[] {
  return library.installed.filter((one) => /\.so(?:\.|$)/.test(one.from) && sameAsFar(one.version, version));
}

/** Without a cache, a library in a toolkit's folder is presumed to be configured, as its packages do. */
function isPresumed({ loadable, why }: Installed): boolean {
  return loadable === true || (loadable === null && why === undefined);
}
