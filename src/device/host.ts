import type { Lookup } from "../base/file-lookup.js";

export type { Lookup } from "../base/file-lookup.js";

/** What is at a path, links followed. */
export type FileType = "file" | "folder" | "character device" | "block device" | "pipe" | "socket";

/** Reads bytes of an open file from `offset` on, as `Host.slice` does. */
type ReadSlice = (offset: number, sizeBytes: number) => Lookup<Uint8Array>;

/** The result of uname(2); null for missing members. */
export interface Uname {
  readonly sysname: string | null;
  readonly release: string | null;
  readonly machine: string | null;
  /** Where this was read. */
  readonly from: string;
}

/**
 * The machine's files, as the detectors see them. Paths are absolute within the root.
 * No method throws, nothing outside the root is ever read, links and `..` included, and only regular files are opened.
 */
export interface Host {
  /** "absent" for a root that is neither this machine's own nor has UNAME.json. */
  uname(): Lookup<Uname>;
  /**
   * A whole regular file, each byte as one ISO 8859-1 character: everything we look for is ASCII, and no byte is lost.
   * A file of more than `limitBytes` (default 1 MiB, at most MOST_BYTES) is "unreadable".
   */
  text(path: string, limitBytes?: number): Lookup<string>;
  /** The bytes of a whole regular file; the same limits. */
  bytes(path: string, limitBytes?: number): Lookup<Uint8Array>;
  /** The first bytes of a regular file of any size, as `text` returns them; fewer when it is shorter. */
  head(path: string, sizeBytes: number): Lookup<string>;
  /** Bytes of a regular file of any size from `offset` on; fewer at its end, none beyond it. */
  slice(path: string, offset: number, sizeBytes: number): Lookup<Uint8Array>;
  /** Opens a regular file once for many slices: `use` gets what reads them. The file is closed when it returns. */
  open<T>(path: string, use: (slice: ReadSlice) => T): Lookup<T>;
  /** The size of a regular file; files of /proc and /sys report 0 or 4096. */
  size(path: string): Lookup<number>;
  /** Passes a regular file to `each` piece by piece, never holding it whole; returns its size in bytes. */
  scan(path: string, limitBytes: number, each: (piece: string) => void): Lookup<number>;
  /** The names in a folder, in no particular order: sort what you keep. */
  list(path: string): Lookup<readonly string[]>;
  /** The target of a link, as written in it; "absent" if there is no link. */
  link(path: string): Lookup<string>;
  /** The path with every link followed inside the root; "absent" if it leads nowhere. */
  resolve(path: string): Lookup<string>;
  /** What the path is, links followed. */
  kind(path: string): Lookup<FileType>;
  /** Whether this process's user may open the path in this mode; `null` means yes, a text says why not. */
  denied(path: string, mode: "read" | "read-write"): Lookup<string | null>;
  /** Bytes that this process's user can still write on the file system of the path. */
  freeBytes(path: string): Lookup<number>;
  /**
   * A variable in the environment of a Greengrass component's processes, empty if it is not set; "absent" if none is
   * running. No other part of an environment is read, since environments hold secrets.
   */
  environment(component: string, name: string): Lookup<string>;
}

/** No file larger than this is ever loaded. */
export const MOST_BYTES = 8 * 1024 * 1024;

/** The limit of `text` and `bytes` unless the caller gives one. */
export const USUAL_BYTES = 1024 * 1024;
