import type { Lookup } from "../base/file-lookup.js";

export type { Lookup } from "../base/file-lookup.js";

/** What a path is once links are followed. */
export type FileType = "file" | "folder" | "character device" | "block device" | "pipe" | "socket";

/** Reads bytes of an open file from `offset` on, as `Host.slice` does. */
type ReadSlice = (offset: number, sizeBytes: number) => Lookup<Uint8Array>;

/** What uname(2) says; null for what is missing. */
export interface Uname {
  readonly sysname: string | null;
  readonly release: string | null;
  readonly machine: string | null;
  /** Where this was read. */
  readonly from: string;
}

/**
 * The machine's files as the detectors see them. Paths are absolute, seen from the root.
 * No answer throws, nothing outside the root is ever read, links and `..` included, and only regular files are opened.
 */
export interface Host {
  /** "absent" for a root that is neither this machine's own nor has UNAME.json. */
  uname(): Lookup<Uname>;
  /**
   * A regular file whole, each byte as one ISO 8859-1 character: all that we look for is ASCII, and no byte is lost.
   * More than `limitBytes` (default 1 MiB, at most MOST_BYTES) is "unreadable".
   */
  text(path: string, limitBytes?: number): Lookup<string>;
  /** A regular file whole; the same limits. */
  bytes(path: string, limitBytes?: number): Lookup<Uint8Array>;
  /** The first bytes of a regular file of any size, as `text` returns them; fewer when it is shorter. */
  head(path: string, sizeBytes: number): Lookup<string>;
  /** Bytes of a regular file of any size from `offset` on; fewer where it ends, none behind its end. */
  slice(path: string, offset: number, sizeBytes: number): Lookup<Uint8Array>;
  /** Opens a regular file once for many slices: `use` gets what reads them. The file is closed when it returns. */
  open<T>(path: string, use: (slice: ReadSlice) => T): Lookup<T>;
  /** How many bytes a regular file has; files of /proc and /sys say 0 or 4096. */
  size(path: string): Lookup<number>;
  /** Hands a regular file piece by piece to `each`, without ever holding it whole; answers its size in bytes. */
  scan(path: string, limitBytes: number, each: (piece: string) => void): Lookup<number>;
  /** The names in a folder, in no stated order: sort what you keep. */
  list(path: string): Lookup<readonly string[]>;
  /** The text of a link, not followed; "absent" where there is no link. */
  link(path: string): Lookup<string>;
  /** The path with every link followed inside the root; "absent" when it leads nowhere. */
  resolve(path: string): Lookup<string>;
  /** What the path is, links followed. */
  kind(path: string): Lookup<FileType>;
  /** Whether this process' user may open the path so; `null` means yes, a text says why not. */
  denied(path: string, mode: "read" | "read-write"): Lookup<string | null>;
  /** Bytes that this process' user can still write where the path is. */
  freeBytes(path: string): Lookup<number>;
  /**
   * A variable in the environment of a Greengrass component's processes, empty where it is not set; "absent" where none runs.
   * Of all environments this alone is read: they hold secrets.
   */
  environment(component: string, name: string): Lookup<string>;
}

/** No file larger than this is ever loaded. */
export const MOST_BYTES = 8 * 1024 * 1024;

/** Limit of `text` and `bytes` where the caller names none. */
export const USUAL_BYTES = 1024 * 1024;
