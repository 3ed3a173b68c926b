import { codeOf, messageOf } from "./errors.js";

/** What the codes of failed calls mean, in words for the person who has to fix it. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "the address is already in use by another program",
  EADDRNOTAVAIL: "this machine does not have that address",
  EAGAIN: "it is busy",
  EAI_AGAIN: "the host name cannot be resolved now",
  EBUSY: "it is in use",
  ECONNREFUSED: "the connection was refused: nothing listens there",
  ECONNRESET: "the other side closed the connection",
  EDQUOT: "the disk quota is used up",
  EEXIST: "it exists already",
  EFBIG: "it would be larger than the limit on the size of a file",
  EHOSTUNREACH: "the host cannot be reached",
  EINVAL: "the system does not allow that there",
  EIO: "the device failed to read or write",
  EISDIR: "it is a folder, not a file",
  ELOOP: "too many symbolic links",
  EMFILE: "this program has too many files open",
  ENAMETOOLONG: "the name is too long",
  ENETUNREACH: "the network cannot be reached",
  ENFILE: "the system has too many files open",
  ENODEV: "there is no such device",
  ENOENT: "there is no such file or folder",
  ENOMEM: "there is not enough memory",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is not a folder",
  ENOTEMPTY: "the folder is not empty",
  ENOTFOUND: "the host name does not exist",
  ENXIO: "it is a socket or a pipe without a reader",
  EPERM: "the operation is not permitted",
  EPIPE: "the reader has closed it",
  EROFS: "the file system is read-only",
  ETIMEDOUT: "there was no answer in time",
  ETXTBSY: "it is a program that is running",
  EXDEV: "it is on another file system",
};

/** Why a call failed, in words with the code behind them: `the disk is full (ENOSPC)`. Any other error: its message. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const words = code === undefined ? undefined : WORDS[code];
  return words === undefined ? messageOf(error) : `${words} (${code})`;
}

/** The verbs for the system calls that commands make. */
const VERBS: Readonly<Record<string, string>> = {
  access: "use",
  chmod: "change the mode of",
  connect: "connect to",
  copyfile: "copy",
  fdatasync: "write",
  fsync: "write",
  getaddrinfo: "find",
  link: "create",
  listen: "listen on",
  mkdir: "create the folder",
  mkdtemp: "create the folder",
  open: "open",
  read: "read",
  readlink: "read",
  rename: "rename",
  rmdir: "remove",
  scandir: "list",
  spawn: "start",
  stat: "read",
  lstat: "read",
  unlink: "remove",
  utime: "write",
  write: "write",
};

/**
 * The sentence about a system call that failed unexpectedly, such as `Cannot create the folder "/x": permission
 * denied (EACCES)`; null for any other error, which is a bug.
 */
export function systemProblem(error: unknown): string | null {
  const code = codeOf(error);
  if (code === undefined || WORDS[code] === undefined || typeof error !== "object" || error === null) return null;
  const { syscall, path, address, port, hostname } = error as Readonly<Record<string, unknown>>;
  if (typeof syscall !== "string") return null;
  const verb = VERBS[syscall.split(" ")[0] ?? ""] ?? syscall;
  const host = address ?? hostname;
  const target = typeof path === "string" ? `"${path}"` : [host, port].filter((part) => part !== undefined).join(":");
  return `Cannot ${target === "" ? `${verb} a file` : `${verb} ${target}`}: ${reasonOf(error)}`;
}
