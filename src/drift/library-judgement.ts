import { parseVersion, type Version } from "../base/version.js";
import type { DeviceFacts, Library, Reading } from "../device/facts.js";
import { inferLibraries } from "../device/infer.js";

/** What a rule made of a library, before it is told as a finding. */
export interface Judgement {
  readonly grade: "MATCH" | "WARNING" | "BLOCKING" | "UNKNOWN";
  /** The version that was judged. */
  readonly actual: string;
  /** A sentence that says what was found against what is needed. */
  readonly because: string;
}

/** A version that a program would get, or may get where it cannot be told whether the loader finds it. */
export interface Available {
  readonly text: string;
  readonly version: Version;
  readonly certain: boolean;
}

/**
 * The library as it counts: what was read, else what L4T implies (INFERRED) on a JetPack 4 or 5 host, else the reading as it is.
 */
export function libraryReading(facts: DeviceFacts, key: "cuda" | "tensorrt"): Reading<Library> {
  const reading = facts[key];
  return reading.state === "known" ? reading : (inferLibraries(facts)[key] ?? reading);
}

/** The loader's choice first, then other installed versions that the loader finds, then those of which that cannot be told. */
export function availableVersions(library: Library): Available[] {
  const found: Available[] = [];
  const add = (text: string, certain: boolean) => {
    const version = parseVersion(text);
    if (version !== null && !found.some((other) => other.text === text)) found.push({ text, version, certain });
  };
  add(library.version, true);
  for (const installed of library.installed) if (installed.loadable === true) add(installed.version, true);
  for (const installed of library.installed) if (installed.loadable === null) add(installed.version, false);
  return found;
}

/** Where a version lies that the loader does not find; null where none of that kind is installed. */
export function hiddenPlace(library: Library, wanted: (version: Version) => boolean): string | null {
  const hidden = library.installed.find((installed) => {
    const version = installed.loadable === false ? parseVersion(installed.version) : null;
    return version !== null && wanted(version);
  });
  return hidden ? `${hidden.version} at ${hidden.from}` : null;
}
