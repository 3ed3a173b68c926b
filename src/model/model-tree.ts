import type { Lookup } from "../base/file-lookup.js";

/** The files that a model is read from. Paths are absolute as seen from the root; no answer throws. */
export interface ModelTree {
  /** The names in a folder. */
  list(path: string): Lookup<readonly string[]>;
  /** What a path is once links are followed: `file`, `folder` or something else. */
  kind(path: string): Lookup<string>;
  /** The path with every link followed. */
  resolve(path: string): Lookup<string>;
  size(path: string): Lookup<number>;
  /** Opens a file: `use` gets a function that reads bytes from an offset on, fewer at the file's end. */
  open<T>(path: string, use: (slice: (offset: number, sizeBytes: number) => Lookup<Uint8Array>) => T): Lookup<T>;
}
