import { monotonicMs } from "../base/clock.js";
import { folderOf } from "../base/paths.js";
import { type Budget, readingBudget } from "./budget.js";
import { combine } from "./combine.js";
import type { FileEvidence } from "./evidence.js";
import { openFile } from "./file-slices.js";
import { type Manifest, readManifest } from "./manifest.js";
import type { PackagedModel, Unread } from "./model.js";
import type { ModelTree } from "./model-tree.js";
import { readModelFile } from "./read-file.js";
import { walkModel } from "./walk.js";

/** A component's name and version if the caller knows them; null takes them from the folder's path. */
export interface NamedModel {
  readonly component: string | null;
  readonly version: string | null;
}

/**
 * Reads what the files of a packaged model say, from folders or single files. Never throws: what cannot be read or exceeds a limit
 * (budget.ts) is in `unread` with the reason. `now` is a monotonic clock in milliseconds.
 */
export function readModel(
  tree: ModelTree,
  folders: readonly string[],
  named: NamedModel = { component: null, version: null },
  now: () => number = monotonicMs,
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

/** Reads the compiler's files before all others, so that those cannot use up the budget. */
function readFiles(tree: ModelTree, paths: readonly string[], budget: Budget): FileEvidence[] {
  const isCompilers = (path: string) => /\/(?:compiled\.so|compiled\.meta|libdlr\.so)$/.test(path);
  const order = [...paths.filter(isCompilers), ...paths.filter((path) => !isCompilers(path))];
  const read = new Map(order.map((path) => [path, readModelFile(tree, path, budget)]));
  return paths.flatMap((path) => read.get(path) ?? []);
}

/** The component and version in a path of the nucleus' package store. */
function componentIn(folder: string): NamedModel | null {
  const match = /\/packages\/artifacts(?:-unarchived)?\/([^/]{1,128})\/(\d[\w.+-]{0,63})(?:\/|$)/.exec(folder);
  return match === null ? null : { component: match[1] ?? null, version: match[2] ?? null };
}

/** Problems of each manifest, and its stages without files. */
function stageProblems(tree: ModelTree, files: readonly FileEvidence[]): Unread[] {
  const withFiles = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  return files
    .filter(({ kind }) => kind === "MANIFEST")
    .flatMap(({ path }) => {
      const { stages, problems } = manifestAt(tree, path);
      const folder = folderOf(path);
      const missing = stages.filter((stage) => !withFiles.has(`${folder}/${stage}`));
      return [...problems, ...missing.map((stage) => `it names the stage "${stage}", which has no files`)].map(
        (why) => ({ path, why }),
      );
    });
}

function foldersAbove(path: string): string[] {
  const folder = folderOf(path);
  return folder === "" ? [] : [folder, ...foldersAbove(folder)];
}

function manifestAt(tree: ModelTree, path: string): Manifest {
  const read = openFile(tree, path, readManifest);
  return "value" in read ? read.value : { stages: [], problems: [read.why] };
}

/** Archives in a package that has nothing unpacked. */
function packedFiles(files: readonly FileEvidence[]): Unread[] {
  if (files.some(({ kind }) => kind !== "OTHER")) return [];
  return files
    .filter(({ path }) => /\.(?:zip|tgz|tar|tar\.gz)$/i.test(path))
    .map(({ path }) => ({ path, why: "it is an archive: only unpacked files are read" }));
}
