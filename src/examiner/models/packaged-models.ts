import { compareVersions, parseVersion } from "../../base/version.js";
import { agreedModel } from "../../model/agreed-model.js";
import { deniedExplained, explainDenied } from "../../model/explain-denied.js";
import { findStoredModels, type StoredVersion, storedVersions } from "../../model/find-models.js";
import type { PackagedModel, Unread } from "../../model/model.js";
import type { ModelTree } from "../../model/model-tree.js";
import type { NamedModel } from "../../model/read-model.js";

/** What the files of a component's model say, or why there is nothing to read. */
export type ModelAnswer =
  | { readonly kind: "found"; readonly model: PackagedModel }
  | { readonly kind: "none"; readonly why: string };

/** Finds and reads the packaged models in Greengrass' package store. */
export interface PackagedModels {
  /** The components that are packaged models, sorted, and what could not be read and may be one. */
  find(): { readonly components: readonly string[]; readonly unread: readonly Unread[] };
  /** The model of a component in its deployed version; null: it is not known which is deployed. */
  read(component: string, deployedVersion: string | null): Promise<ModelAnswer>;
}

interface Parts {
  /** The machine that Greengrass runs on. */
  readonly tree: ModelTree & Parameters<typeof findStoredModels>[0];
  readonly greengrassRoot: string;
  /** Reads the files in folders. */
  readonly readFolders: (folders: readonly string[], named: NamedModel) => Promise<PackagedModel>;
}

/** The packaged models of one device. What was found or read is remembered: what one check sees stays the same throughout. */
export function packagedModels({ tree, greengrassRoot, readFolders }: Parts): PackagedModels {
  const store = `${greengrassRoot}/packages`;

  let found: ReturnType<PackagedModels["find"]> | null = null;
  const answers = new Map<string, Promise<ModelAnswer>>();

  async function readVersion({ component, version, folders }: StoredVersion): Promise<PackagedModel> {
    return explainDenied(await readFolders(folders, { component, version }));
  }

  function findAll(): ReturnType<PackagedModels["find"]> {
    const { models, unread } = findStoredModels(tree, greengrassRoot);
    const components = [...new Set(models.map(({ component }) => component))].sort();
    return { components, unread: deniedExplained(unread, null) };
  }

  async function readDeployed(component: string, deployedVersion: string | null): Promise<ModelAnswer> {
    const { versions, unread } = storedVersions(tree, greengrassRoot, component);
    if (unread.length > 0) {
      const folders = unread.map(({ path }) => path);
      return { kind: "found", model: explainDenied(await readFolders(folders, { component, version: null })) };
    }
    const [first, ...others] = versions.filter((stored) => counts(stored, deployedVersion));
    if (first === undefined) return { kind: "none", why: whyNone(store, component, deployedVersion, versions) };
    const model = await readVersion(first);
    if (others.length === 0) return { kind: "found", model };
    const rest = await Promise.all(others.map(readVersion));
    return { kind: "found", model: agreedModel([model, ...rest]) };
  }

  return {
    find() {
      found ??= findAll();
      return found;
    },
    read(component, deployedVersion) {
      const key = JSON.stringify([component, deployedVersion]);
      const answer = answers.get(key) ?? readDeployed(component, deployedVersion);
      answers.set(key, answer);
      return answer;
    },
  };
}

/** Whether a version in the store may be the one that runs. */
function counts({ version, isModel, unread }: StoredVersion, deployed: string | null): boolean {
  if (deployed !== null && !isSameVersion(version, deployed)) return false;
  return isModel || unread.length > 0;
}

function isSameVersion(a: string, b: string): boolean {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left !== null && right !== null ? compareVersions(left, right) === 0 : a === b;
}

function whyNone(
  store: string,
  component: string,
  deployed: string | null,
  versions: readonly StoredVersion[],
): string {
  if (versions.length === 0) return `there are no files of ${component} in ${store}`;
  const there = versions.map(({ version }) => version).join(", ");
  if (deployed !== null && !versions.some(({ version }) => isSameVersion(version, deployed)))
    return `version ${deployed} of ${component} is deployed, and ${store} has only ${there}`;
  return `the files of ${component} ${deployed ?? there} in ${store} are not a packaged model's`;
}
