/** The folder of an absolute path, without a slash at its end: empty for a path in the root. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** The last part of a path; the path itself where it has no slash. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder of an absolute path as it can be opened: `/` for a path in the root. */
export function parentOf(path: string): string {
  return folderOf(path) || "/";
}

/** No system call takes a longer path. */
export const LONGEST_PATH = 4_096;

/** The path without the slashes at its end: empty for `/`. By a loop, since `/\/+$/` takes quadratic time on long runs of slashes. */
export function withoutEndSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}
