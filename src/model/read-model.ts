import { type Budget, readingBudget } from "./budget.js";
import { combine } from "./combine.js";
import type { FileEvidence } from "./evidence.js";
import { openFile } from "./file-slices.js";
import { type Manifest, readManifest } from "./manifest.js";
import type { PackagedModel, Unread } from "./model.js";
import type { ModelTree } from "./model-tree.js";
import { readModelFile } from "./read-file.js";
import { walkModel } from "./walk.js";

/** A component's name and version where the caller knows them; null leaves them to the folder's path. */
export interface NamedModel {
  readonly component: string | null;
  readonly version: string | null;
}

/**
 * Reads everything that the files of a packaged model say, in folders or single files. Never throws: what cannot be read, or is
 * over a limit of budget.ts, is in `unread` with the reason. `now` in milliseconds, for the limit of time.
 */
export function readModel(
  tree: ModelTree,
  folders: readonly string[],
  named: NamedModel = { component: null, version: null },
  now: () => number = () => performance.now(),
): PackagedModel {
  const budget = readingBudget(now);
  const walked = walkModel(tree, folders, budget);
  const files = readFiles(tree, walked.files, budget);
  const inPath = folders.map(componentIn).find((found) => found !== null) ?? null;
  return {
    component: named.component ?? inPath?.component ?? null,
    version: named.version ?? inPath?.version ?? null,
    folders: [...folders],
    files: files.map(({ path, kind }) => ({ path, kind })),
    ...combine(files),
    unread: [
      ...walked.unread,
      ...files.flatMap(({ path, problems }) => problems.map((why) => ({ path, why }))),
      ...stageProblems(tree, files),
      ...packedFiles(files),
    ],
  };
}

/** Reads the files, those of the compiler before all others: what else a package has must not use up the budget. */
function readFiles(tree: ModelTree, paths: readonly string[], budget: Budget): FileEvidence[] {
  const isCompilers = (path: string) => /\/(?:compiled\.so|compiled\.meta|libdlr\.so)$/.test(path);
  const order = [...paths.filter(isCompilers), ...paths.filter((path) => !isCompilers(path))];
  const read = new Map(order.map((path) => [path, readModelFile(tree, path, budget)]));
  return paths.flatMap((path) => read.get(path) ?? []);
}

/** The component and version that a folder of the nucleus' package store belongs to. */
function componentIn(folder: string): NamedModel | null {
  const match = /\/packages\/artifacts(?:-unarchived)?\/([^/]{1,128})\/(\d[\w.+-]{0,63})(?:\/|$)/.exec(folder);
  return match === null ? null : { component: match[1] ?? null, version: match[2] ?? null };
}

/** Problems of each manifest, and stages of it that have no file. */
function stageProblems(tree: ModelTree, files: readonly FileEvidence[]): Unread[] {
  return files
    .filter(({ kind }) => kind === "MANIFEST")
    .flatMap(({ path }) => {
      const { stages, problems } = manifestAt(tree, path);
      const folder = path.slice(0, path.lastIndexOf("/"));
      const missing = stages.filter((stage) => !files.some((file) => file.path.startsWith(`${folder}/${stage}/`)));
      return [...problems, ...missing.map((stage) => `it names the stage "${stage}", and no file of it is there`)].map(
        (why) => ({ path, why }),
      );
    });
}

function manifestAt(tree: ModelTree, path: string): Manifest {
  const read = openFile(tree, path, readManifest);
  return "value" in read ? read.value : { stages: [], problems: [read.why] };
}

/** Archives of a package in which nothing unpacked is there. */
function packedFiles(files: readonly FileEvidence[]): Unread[] {
  if (files.some(({ kind }) => kind !== "OTHER")) return [];
  return files
    .filter(({ path }) => /\.(?:zip|tgz|tar|tar\.gz)$/i.test(path))
    .map(({ path }) => ({ path, why: "it is packed: only unpacked files are read" }));
}
