import { parseJson } from "../base/json.js";
import { listOf, objectOf, oneOf, text } from "../base/shape.js";
import type { LibraryNeeds, ReadNeeds } from "../device/loader-answers.js";

/** The dependencies of a cache of read libraries. */
interface LibraryCacheParts {
  /** Null if there is none. Both throw file system errors. */
  readonly load: () => string | null;
  readonly save: (text: string) => void;
  /** A text that changes whenever the file does; null if there is no file. */
  readonly identify: (path: string) => string | null;
  readonly read: ReadNeeds;
  /** This program's version: another one may read files differently. */
  readonly version: string;
}

interface LibraryCache {
  readonly read: ReadNeeds;
  /** Stores what was read. Never throws. */
  readonly save: () => void;
}

interface Entry extends LibraryNeeds {
  readonly path: string;
  readonly identity: string;
}

const SCHEMA = "packdrift.library-cache/1";
const MOST_ENTRIES = 1_000;

const cacheFile = objectOf({
  schema: oneOf(SCHEMA),
  version: text,
  files: listOf(
    objectOf<Entry>({
      path: text,
      identity: text,
      needed: listOf(text),
      runpath: listOf(text),
      rpath: listOf(text),
      versionDefinitions: listOf(text),
    }),
    MOST_ENTRIES,
  ),
});

/**
 * Reads what libraries need, from the cache as long as a library's file is unchanged. Which file the loader finds for a
 * name is not cached. Files that cannot be read are tried again each time, and those that are no longer reached are
 * dropped.
 */
export function cachedLibraries(parts: LibraryCacheParts): LibraryCache {
  const stored = new Map(entriesIn(parts).map((entry) => [entry.path, entry]));
  const used = new Map<string, Entry>();
  return {
    read(path) {
      // Before the file is read: a change in between shows at the next check.
      const identity = parts.identify(path);
      const known = used.get(path) ?? stored.get(path);
      if (known !== undefined && known.identity === identity) {
        used.set(path, known);
        return known;
      }
      const needs = parts.read(path);
      if (needs !== null && identity !== null) {
        const { needed, runpath, rpath, versionDefinitions } = needs;
        used.set(path, { path, identity, needed, runpath, rpath, versionDefinitions });
      }
      return needs;
    },
    save() {
      const isSame = used.size === stored.size && [...used].every(([path, entry]) => stored.get(path) === entry);
      if (!isSame) store(parts, [...used.values()]);
    },
  };
}

function entriesIn({ load, version }: LibraryCacheParts): readonly Entry[] {
  try {
    const found = cacheFile(parseJson(load() ?? "null"), "");
    return found.version === version ? found.files : [];
  } catch {
    // What cannot be loaded is read again; the outbox reports a work folder that cannot be used.
    return [];
  }
}

function store({ save, version }: LibraryCacheParts, files: readonly Entry[]): void {
  try {
    save(JSON.stringify({ schema: SCHEMA, version, files: files.slice(0, MOST_ENTRIES) }));
  } catch {
    // Then the next check reads the files again.
  }
}
