import { parseJson } from "../../base/json.js";
import { folderOf } from "../../base/paths.js";
import { listOf, objectOf, oneOf, text } from "../../base/shape.js";
import { isDenied } from "../../model/explain-denied.js";
import type { PackagedModel } from "../../model/model.js";
import { parseModel } from "../../model/parse-model.js";

/** The dependencies of a cache of read models. */
interface ModelCacheParts {
  /** Null if there is none. Both throw file system errors. */
  readonly load: () => string | null;
  readonly save: (text: string) => void;
  /** A text that changes whenever the file or folder does, or becomes readable; null if there is none. */
  readonly identify: (path: string) => string | null;
  /** This program's version: another one may read more. */
  readonly version: string;
}

interface Entry {
  readonly folders: readonly string[];
  /**
   * Every folder and file that was read or refused, with its identity then, which is empty if not even that could be
   * read.
   */
  readonly seen: readonly (readonly string[])[];
  readonly model: PackagedModel;
}

const SCHEMA = "packdrift.model-cache/1";
const MOST_ENTRIES = 16;

const cacheFile = objectOf({
  schema: oneOf(SCHEMA),
  version: text,
  entries: listOf(
    objectOf<Entry>({ folders: listOf(text), seen: listOf(listOf(text, 2)), model: parseModel }),
    MOST_ENTRIES,
  ),
});

/**
 * Reads a model, or takes it from the cache if none of its files and folders has changed, which costs a stat for each.
 * A model with unreadable parts is stored only if permissions were all that was lacking, since anything else may work
 * next time.
 */
export function cachedModels(
  parts: ModelCacheParts,
): (folders: readonly string[], read: () => Promise<PackagedModel>) => Promise<PackagedModel> {
  let entries: readonly Entry[] | null = null;
  return async (folders, read) => {
    entries ??= entriesIn(parts);
    const isSame = (entry: Entry) => JSON.stringify(entry.folders) === JSON.stringify(folders);
    const stored = entries.find(isSame);
    if (stored !== undefined && isUnchanged(stored, parts.identify)) return stored.model;
    const model = await read();
    const others = entries.filter((entry) => !isSame(entry));
    const seen = model.unread.every(isDenied) ? identitiesOf(model, parts.identify) : null;
    const kept = seen === null ? others : [...others, { folders, seen, model }].slice(-MOST_ENTRIES);
    if (kept.length === entries.length && seen === null) return model;
    entries = kept;
    store(parts, entries);
    return model;
  };
}

/** Whether everything that was read is unchanged; an entry without files cannot tell, so it counts as changed. */
function isUnchanged({ seen }: Entry, identify: ModelCacheParts["identify"]): boolean {
  return seen.length > 0 && seen.every(([path = "", identity]) => (identify(path) ?? "") === identity);
}

/** Null if a file that was just read is gone. */
function identitiesOf(model: PackagedModel, identify: ModelCacheParts["identify"]): Entry["seen"] | null {
  const paths = new Set<string>(model.folders);
  const refused = new Set(model.unread.map(({ path }) => path));
  for (const path of [...model.files.map((file) => file.path), ...refused]) {
    paths.add(path);
    // A file that is added changes its folder.
    for (let folder = folderOf(path); isBelow(folder, model.folders); folder = folderOf(folder)) paths.add(folder);
  }
  const seen = [...paths].map((path) => [path, identify(path) ?? ""] as const);
  return seen.every(([path, identity]) => identity !== "" || refused.has(path)) ? seen : null;
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`));
}

function entriesIn({ load, version }: ModelCacheParts): readonly Entry[] {
  try {
    const stored = cacheFile(parseJson(load() ?? "null"), "");
    return stored.version === version ? stored.entries : [];
  } catch {
    // What cannot be loaded is read again; the outbox reports a work folder that cannot be used.
    return [];
  }
}

function store({ save, version }: ModelCacheParts, entries: readonly Entry[]): void {
  try {
    save(JSON.stringify({ schema: SCHEMA, version, entries }));
  } catch {
    // Then the next check reads the model again.
  }
}
