import { printable } from "../base/text.js";
import { commonVersion, compareVersionTexts, cutVersion, sameAsFar } from "../base/version.js";
import { DPKG_STATUS, type PackageList, upstreamVersion } from "./dpkg.js";
import type { Installed, Library, Reading, Sighting } from "./facts.js";
import type { Problem } from "./sightings.js";
import { notStated } from "./sightings.js";

/** One file or package that shows a version of a library. */
export interface LibrarySighting {
  readonly version: string;
  readonly from: string;
  /** Whether the loader finds this very file; null if that is unknown or it is not a library file. */
  readonly loadable: boolean | null;
  /** Why the loader does not find it, or why that is unknown. */
  readonly why?: string;
  /** The C library release that the file asks for. */
  readonly glibc?: string;
  /** A file without content, which no loader takes. */
  readonly isEmpty?: boolean;
  /** A copy that only its own program loads, in a Python package or the like. */
  readonly isCopy?: boolean;
  /**
   * FILE: a library file. NOTE: a file or package that names one. HEADER: a header to compile with, which can exist
   * without the library. FOLDER: only a folder's name.
   */
  readonly kind: "FILE" | "NOTE" | "HEADER" | "FOLDER";
  /** In the toolkit that this machine uses by default (the target of /usr/local/cuda). */
  readonly preferred: boolean;
}

/** How to turn the sightings of one library into one reading. */
interface Choice {
  /** Versions that agree in this many parts are one installation: 2 for CUDA (`10.2`), 3 for TensorRT. */
  readonly lineParts: number;
  /** How many parts the chosen version may have. */
  readonly mostParts: number;
}

/** Evidence of a library that is not the library itself. */
export function noted(
  from: string,
  version: string,
  kind: "NOTE" | "HEADER" | "FOLDER" = "NOTE",
  preferred = false,
): LibrarySighting {
  return { version, from, loadable: null, kind, preferred };
}

/** No machine has more packages of one library; each of them is compared with all evidence of it. */
const MOST_PACKAGES = 500;

/**
 * The versions of installed packages with matching names; a `+cuda10.2` suffix names what they were built with, not
 * what is installed.
 */
export function notedPackages({ packages }: PackageList, names: RegExp): LibrarySighting[] {
  const noteOf = ({ name, version }: PackageList["packages"][number]) => {
    const upstream = names.test(name) ? upstreamVersion(version) : null;
    return upstream === null ? [] : [noted(`${DPKG_STATUS} (${name})`, upstream)];
  };
  return packages.flatMap(noteOf).slice(0, MOST_PACKAGES);
}

/** Where a library was looked for. */
export interface LibrarySearch {
  readonly problems: readonly Problem[];
  readonly looked: readonly string[];
  /** Why it may be there although there is no evidence of it; null if it is known not to be. */
  readonly whyUnsure: string | null;
}

/**
 * Turns all sightings into one reading: of several installed versions the default one, otherwise the one that the
 * loader finds, otherwise the newest. Files that contradict each other about one installation make it DISPUTED, and
 * only the parts that they share are kept. Empty files and copies for single programs are evidence, but do not count as
 * the library.
 */
export function chooseLibrary(
  found: readonly LibrarySighting[],
  search: LibrarySearch,
  choice: Choice,
): Reading<Library> {
  // Links and the loader's cache can lead to any name.
  const printed = found.map((sighting) => ({ ...sighting, from: printable(sighting.from) }));
  const isUnusable = ({ isEmpty, isCopy }: LibrarySighting) => isEmpty === true || isCopy === true;
  const unusable = printed.filter(isUnusable);
  const all = withoutNotesOf(
    unusable.filter(({ isEmpty }) => isEmpty),
    printed.filter((sighting) => !isUnusable(sighting)),
    choice,
  );
  // Headers and folder names alone do not prove that the library is there, so the version is only inferred.
  const isProven = all.some(({ kind }) => kind === "FILE" || kind === "NOTE");
  const sightings = isProven ? all.filter(({ kind }) => kind !== "FOLDER") : all;
  const lines = groupLines(sightings, choice.lineParts);
  const line = chooseLine(lines);
  if (!line) return missing(unusable, search);

  const { version, isAgreed } = versionOf(line, choice.mostParts);
  const disputed = !isAgreed || lines.some((other) => other !== line && contradicts(line, other));
  const best =
    line.find((sighting) => sighting.kind === "FILE" && sighting.version === version) ??
    line.find((sighting) => sameAsFar(sighting.version, version)) ??
    line[0];
  return {
    state: "known",
    value: { version, installed: installedOf([...sightings, ...unusable]) },
    from: best?.from ?? "",
    confidence: disputed ? "DISPUTED" : isProven ? "FIRM" : "INFERRED",
    ...(disputed ? { seen: sightings.map((one): Sighting => ({ from: one.from, value: one.version })) } : {}),
  };
}

/** A package, header or folder adds nothing about a version whose own file is empty. */
function withoutNotesOf(
  empty: readonly LibrarySighting[],
  others: readonly LibrarySighting[],
  { lineParts }: Choice,
): readonly LibrarySighting[] {
  const isSame = (a: string, b: string) => sameAsFar(cutVersion(a, lineParts), cutVersion(b, lineParts));
  const real = others.filter(({ kind }) => kind === "FILE");
  const hollow = empty.filter(({ version }) => !real.some((file) => isSame(file.version, version)));
  return others.filter(({ kind, version }) => kind === "FILE" || !hollow.some((file) => isSame(file.version, version)));
}

function missing(
  unusable: readonly LibrarySighting[],
  { problems, looked, whyUnsure }: LibrarySearch,
): Reading<Library> {
  const seen = unusable.map(
    ({ from, version, why }): Sighting => ({ from, value: `${version}: ${why ?? "not loadable"}` }),
  );
  const reading = notStated(problems, looked);
  // If a file does not load, the search for what it lacks has failed already.
  const isSeen = unusable.length > 0;
  const sure: Reading<never> =
    reading.state === "absent" && whyUnsure !== null && !isSeen
      ? { state: "unreadable", from: reading.from, why: whyUnsure }
      : reading;
  return seen.length === 0 ? sure : { ...sure, seen };
}

type Line = readonly LibrarySighting[];

/** Groups the sightings of one installation: versions that agree in their first `parts` parts. */
function groupLines(sightings: readonly LibrarySighting[], parts: number): Line[] {
  const lines: LibrarySighting[][] = [];
  // Index each group by every prefix of its first version: `8`, `8.2` and `8.2.1`. Searching through the groups took
  // quadratic time.
  const byBeginning = new Map<string, LibrarySighting[]>();
  // The precise ones first, so that `8` does not join 8.0.1 and 8.2.1.
  const precise = [...sightings].sort((a, b) => b.version.split(".").length - a.version.split(".").length);
  for (const sighting of precise) {
    const numbers = cutVersion(sighting.version, parts).split(".").map(Number);
    const line = byBeginning.get(numbers.join("."));
    if (line !== undefined) {
      line.push(sighting);
      continue;
    }
    const own = [sighting];
    lines.push(own);
    for (const at of numbers.keys()) {
      const beginning = numbers.slice(0, at + 1).join(".");
      if (!byBeginning.has(beginning)) byBeginning.set(beginning, own);
    }
  }
  return lines;
}

function chooseLine(lines: readonly Line[]): Line | null {
  const newest = [...lines].sort((a, b) => compareVersionTexts(b[0]?.version ?? "", a[0]?.version ?? ""));
  const having = (test: (sighting: LibrarySighting) => boolean) => newest.find((line) => line.some(test));
  return (
    having(({ preferred, kind }) => preferred && kind === "FILE") ??
    having(({ preferred, kind }) => preferred && kind === "NOTE") ??
    having(({ preferred }) => preferred) ??
    having(({ loadable }) => loadable === true) ??
    newest.find((line) => line.some(({ kind, loadable }) => kind === "FILE" && loadable !== false)) ??
    newest[0] ??
    null
  );
}

/** The version of one installation: the most precise, with which all others agree, else what they have in common. */
function versionOf(line: Line, mostParts: number): { readonly version: string; readonly isAgreed: boolean } {
  const versions = [...new Set(line.map(({ version }) => cutVersion(version, mostParts)))];
  const precise = versions.reduce((best, next) => (next.split(".").length > best.split(".").length ? next : best), "");
  const isAgreed = versions.every((version) => sameAsFar(version, precise));
  return { version: isAgreed ? precise : commonVersion(versions), isAgreed };
}

/** Whether a version contradicts the chosen one: one with files of its own is another installation. */
function contradicts(chosen: Line, other: Line): boolean {
  const choiceIsFirm = chosen.some(({ preferred, loadable }) => preferred || loadable === true);
  return !choiceIsFirm || !other.some(({ kind }) => kind === "FILE") || other.some(({ preferred }) => preferred);
}

function installedOf(sightings: readonly LibrarySighting[]): Installed[] {
  return sightings
    .map(({ version, from, loadable, why, glibc }) => ({
      version,
      from,
      loadable,
      ...(why === undefined ? {} : { why }),
      ...(glibc === undefined ? {} : { glibc }),
    }))
    .sort((a, b) => compareVersionTexts(b.version, a.version) || (a.from < b.from ? -1 : Number(a.from > b.from)));
}
