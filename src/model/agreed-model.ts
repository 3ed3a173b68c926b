import { folderOf } from "../base/paths.js";
import type { PackagedModel } from "./model.js";

/**
 * What several versions of a model agree on, if it is not known which of them is running. A value on which they differ
 * is left out and named in `unread`: it is unknown, whichever version states it. Needs at least one model.
 */
export function agreedModel(models: readonly [PackagedModel, ...PackagedModel[]]): PackagedModel {
  const [first, ...others] = models;
  const differing: string[] = [];
  const agreed = <K extends Compared>(key: K, name: string, nothing: PackagedModel[K]): PackagedModel[K] => {
    if (others.every((other) => valuesOf(other[key]) === valuesOf(first[key]))) return first[key];
    differing.push(name);
    return nothing;
  };
  const values = {
    arch: agreed("arch", "architecture", null),
    accelerator: agreed("accelerator", "accelerator", null),
    tensorrt: agreed("tensorrt", "TensorRT", []),
    cuda: agreed("cuda", "CUDA", []),
    ptxIsa: agreed("ptxIsa", "PTX ISA", null),
    codes: agreed("codes", "GPU code", []),
    loads: agreed("loads", "libraries", []),
    floors: agreed("floors", "C library", { glibc: null, glibcxx: null }),
  };
  if (differing.length === 0) return { ...first, unread: models.flatMap(({ unread }) => unread) };
  const versions = models.map(({ version }) => version ?? "unknown").join(" and ");
  const why = `versions ${versions} are in the package store and differ (${differing.join(", ")}), and it is not known which is deployed`;
  const folder = first.folders[0] ?? "";
  return {
    ...first,
    ...values,
    version: null,
    folders: models.flatMap(({ folders }) => folders),
    files: models.flatMap(({ files }) => files),
    unread: [{ path: folderOf(folder), why }, ...models.flatMap(({ unread }) => unread)],
  };
}

type Compared = "arch" | "accelerator" | "tensorrt" | "cuda" | "ptxIsa" | "codes" | "loads" | "floors";

/** The values alone: their places differ between versions anyway. */
function valuesOf(part: unknown): string {
  return JSON.stringify(part, (key, value) => (PLACES.has(key) ? undefined : value));
}

const PLACES: ReadonlySet<string> = new Set(["path", "place", "how", "confidence"]);
