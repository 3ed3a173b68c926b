import type { PackagedModel } from "./model.js";

/** A file's path as people read it: relative to the folder of the model that holds it. */
export function shortPath({ folders }: Pick<PackagedModel, "folders">, path: string): string {
  const folder = folders.find((one) => path.startsWith(`${one}/`));
  return folder === undefined ? path : path.slice(folder.length + 1);
}
