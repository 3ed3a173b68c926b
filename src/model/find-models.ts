import type { Lookup } from "../base/file-lookup.js";
import { isObject, parseJson } from "../base/json.js";
import { compareVersions, parseVersion } from "../base/version.js";
import type { Unread } from "./model.js";
import type { ModelTree } from "./model-tree.js";

/** The folders and files of the package store, as far as finding models needs them. Host satisfies it. */
interface StoreTree extends Pick<ModelTree, "list" | "kind"> {
  text(path: string, limitBytes?: number): Lookup<string>;
}

/** One version of a component in Greengrass' package store. */
export interface StoredVersion {
  readonly component: string;
  readonly version: string;
  /** The folders that hold its artifacts, absolute as seen from the root. */
  readonly folders: readonly string[];
  /** Whether it has a packaged model's files, recognised by what they are, not by the component's name. */
  readonly isModel: boolean;
  /** What could not be read; a model's files may be there. */
  readonly unread: readonly Unread[];
}

/** Where Greengrass keeps its packages, unless it was installed elsewhere: the classic nucleus and nucleus lite. */
export const GREENGRASS_ROOTS: readonly string[] = ["/greengrass/v2", "/var/lib/greengrass"];

// Unpacked archives first, since they have a model's files; the other folder has the archive itself.
const STORES = ["packages/artifacts-unarchived", "packages/artifacts"];
const COMPONENT = /^(?!\.+$)[\w.-]{1,128}$/;
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;

const MOST_COMPONENTS = 500;
const MOST_VERSIONS = 20;
const MOST_ENTRIES = 2_000;
const MOST_DEPTH = 4;
const MOST_MANIFEST_BYTES = 1024 * 1024;

/**
 * Every version of every component in the package store that is a packaged model, sorted by name and version; and what
 * could not be read and may be one. Looks at: `<root>/packages/artifacts-unarchived`, `<root>/packages/artifacts`.
 */
export function findStoredModels(
  tree: StoreTree,
  greengrassRoot: string,
): { readonly models: readonly StoredVersion[]; readonly unread: readonly Unread[] } {
  const names = new Set<string>();
  const unread: Unread[] = [];
  for (const store of STORES) {
    const path = `${greengrassRoot}/${store}`;
    const components = namesIn(tree, path, COMPONENT, unread);
    if (components.length > MOST_COMPONENTS)
      unread.push({ path, why: `more than ${MOST_COMPONENTS} components; the rest was not read` });
    for (const name of components.slice(0, MOST_COMPONENTS)) names.add(name);
  }
  const models: StoredVersion[] = [];
  for (const name of [...names].sort()) {
    const stored = storedVersions(tree, greengrassRoot, name);
    unread.push(...stored.unread);
    for (const version of stored.versions) {
      if (version.isModel) models.push(version);
      else unread.push(...version.unread);
    }
  }
  return { models, unread };
}

/** The versions of one component in the package store, oldest first, and folders of it that could not be listed. */
export function storedVersions(
  tree: StoreTree,
  greengrassRoot: string,
  component: string,
): { readonly versions: readonly StoredVersion[]; readonly unread: readonly Unread[] } {
  if (!COMPONENT.test(component)) return { versions: [], unread: [] };
  const folders = new Map<string, string[]>();
  const unread: Unread[] = [];
  for (const store of STORES) {
    const path = `${greengrassRoot}/${store}/${component}`;
    for (const version of [...namesIn(tree, path, VERSION, unread)].sort(byVersion).slice(-MOST_VERSIONS)) {
      folders.set(version, [...(folders.get(version) ?? []), `${path}/${version}`]);
    }
  }
  const versions = [...folders]
    .sort(([a], [b]) => byVersion(a, b))
    .map(([version, paths]) => ({ component, version, folders: paths, ...recognise(tree, paths) }));
  return { versions, unread };
}

/** The names in a folder that match, sorted; empty if it does not exist. */
function namesIn(tree: StoreTree, path: string, pattern: RegExp, unread: Unread[]): readonly string[] {
  const listed = tree.list(path);
  if (listed.state === "unreadable") unread.push({ path, why: listed.why });
  if (listed.state !== "found") return [];
  return listed.value.filter((name) => pattern.test(name)).sort();
}

function byVersion(a: string, b: string): number {
  return compareVersions(parseVersion(a) ?? [], parseVersion(b) ?? []);
}

/** Whether the folders hold a packaged model. Searches breadth-first, since the decisive files are near the top. */
function recognise(tree: StoreTree, folders: readonly string[]): Pick<StoredVersion, "isModel" | "unread"> {
  const unread: Unread[] = [];
  let level = folders;
  let entries = 0;
  for (let depth = 0; depth <= MOST_DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      const listed = tree.list(folder);
      if (listed.state === "unreadable") unread.push({ path: folder, why: listed.why });
      if (listed.state !== "found") continue;
      if (hasModelFile(tree, folder, listed.value, unread)) return { isModel: true, unread: [] };
      const rest = [...listed.value]
        .sort()
        .filter(mayBeFolder)
        .slice(0, MOST_ENTRIES - entries);
      entries += rest.length;
      next.push(...rest.map((name) => `${folder}/${name}`).filter((path) => isFolder(tree, path, unread)));
    }
    level = next;
  }
  return { isModel: false, unread };
}

// Files that SageMaker Neo puts into its archives. Not libdlr.so: other programs ship it too.
const NEO_FILES: ReadonlySet<string> = new Set(["compiled.so", "compiled.meta", "compiled_model.json"]);

/** Whether a folder directly contains the files that identify a packaged model. */
export function isModelFolder(tree: StoreTree, folder: string): boolean {
  const listed = tree.list(folder);
  return listed.state === "found" && hasModelFile(tree, folder, listed.value, []);
}

function hasModelFile(tree: StoreTree, folder: string, names: readonly string[], unread: Unread[]): boolean {
  if (names.some((name) => NEO_FILES.has(name))) return true;
  return names.includes("manifest.json") && isModelManifest(tree, `${folder}/manifest.json`, unread);
}

/** Whether a manifest describes stages of a model, which may have no compiled library: newer ones bring model.onnx. */
function isModelManifest(tree: StoreTree, path: string, unread: Unread[]): boolean {
  const read = tree.text(path, MOST_MANIFEST_BYTES);
  if (read.state === "unreadable") unread.push({ path, why: read.why });
  if (read.state !== "found") return false;
  try {
    const manifest = parseJson(read.value);
    return isObject(manifest) && (Array.isArray(manifest.compilable_models) || isObject(manifest.model_graph));
  } catch {
    // Another component's manifest.
    return false;
  }
}

// Saves a stat for nearly every file; an archive unpacks into a folder of its own name, without the ending.
function mayBeFolder(name: string): boolean {
  return !/\.(py|pyc|js|mjs|ts|json|txt|md|so|zip|whl|jar|class|html|css|map|h|png|jpg)$/.test(name);
}

function isFolder(tree: StoreTree, path: string, unread: Unread[]): boolean {
  const kind = tree.kind(path);
  if (kind.state === "unreadable") unread.push({ path, why: kind.why });
  return kind.state === "found" && kind.value === "folder";
}
