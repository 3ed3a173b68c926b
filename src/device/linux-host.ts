import fs from "node:fs";
import os from "node:os";
import { resolve as absolute } from "node:path";
import { codeOf } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { type FileType, type Host, type Lookup, MOST_BYTES, type Uname, USUAL_BYTES } from "./host.js";
import { chain, followLinks, found, notFile, ONLY_RUNNING, tooLarge } from "./lookups.js";
import { variableOf } from "./process-environment.js";

const CHUNK_BYTES = 64 * 1024;

/**
 * A host that reads a folder as if it were `/`; with "/" the machine itself. Within another root, absolute links start
 * at that root, nothing leaves it, and its `UNAME.json` takes the place of uname.
 */
export function linuxHost(root = "/"): Host {
  const base = realFolder(absolute(root)).replace(/^\/$/, "");
  const scratch = Buffer.allocUnsafe(CHUNK_BYTES);

  /** The path to pass to the kernel: for another root it is free of links, so that nothing can lead out of it. */
  const real = (path: string): Lookup<string> => (base === "" ? found(path) : inside(base, path));

  const load = (path: string, limitBytes: number): Lookup<Buffer> =>
    chain(real(path), (place) =>
      attempt(() => readFile(place, Math.min(limitBytes, MOST_BYTES), scratch, base !== "")),
    );

  const host: Host = {
    uname: () => (base === "" ? found(ownUname()) : chain(load("/UNAME.json", CHUNK_BYTES), parseUname)),
    text: (path, limitBytes = USUAL_BYTES) => chain(load(path, limitBytes), (bytes) => found(bytes.toString("latin1"))),
    bytes: (path, limitBytes = USUAL_BYTES) => load(path, limitBytes),
    head: (path, sizeBytes) =>
      chain(real(path), (place) => attempt(() => readHead(place, Math.min(sizeBytes, MOST_BYTES), base !== ""))),
    slice: (path, offset, sizeBytes) =>
      chain(real(path), (place) =>
        attempt(() => readSlice(place, offset, Math.min(sizeBytes, MOST_BYTES), base !== "")),
      ),
    open: (path, use) =>
      chain(real(path), (place) =>
        attempt(() =>
          withFile(place, base !== "", (fd) =>
            found(
              use((offset, sizeBytes) => attempt(() => found(readAt(fd, offset, Math.min(sizeBytes, MOST_BYTES))))),
            ),
          ),
        ),
      ),
    size: (path) =>
      chain(real(path), (place) =>
        attempt(() => {
          const stat = fs.statSync(place, { throwIfNoEntry: false });
          if (!stat) return { state: "absent" };
          return stat.isFile() ? found(stat.size) : notFile(kindIn(stat));
        }),
      ),
    scan: (path, limitBytes, each) =>
      chain(real(path), (place) => attempt(() => scanFile(place, limitBytes, scratch, base !== "", each))),
    list: (path) => chain(real(path), (place) => attempt(() => found(fs.readdirSync(place)))),
    link: (path) => {
      const cut = path.lastIndexOf("/");
      const folder = base === "" ? found(path.slice(0, cut)) : inside(base, path.slice(0, cut));
      return chain(folder, (place) => attempt(() => readLink(`${place}${path.slice(cut)}`)));
    },
    resolve: (path) =>
      base === ""
        ? attempt(() => found(fs.realpathSync.native(path)))
        : chain(inside(base, path), (place) => found(place.slice(base.length) || "/")),
    kind: (path) => chain(real(path), (place) => attempt(() => kindOf(place))),
    denied: (path, mode) => chain(real(path), (place) => attempt(() => checkAccess(place, mode))),
    freeBytes: (path) => (base === "" ? attempt(() => freeSpace(path)) : ONLY_RUNNING),
    environment: (component, name) =>
      base === ""
        ? variableOf({ ...host, owner: ownerOf, user: process.geteuid?.() }, component, name)
        : { state: "absent" },
  };
  return host;
}

/** The path to pass to the kernel for a path inside another root: free of links. */
function inside(base: string, path: string): Lookup<string> {
  return attempt(() =>
    chain(
      followLinks(path, (at) => {
        const stat = fs.lstatSync(`${base}${at}`, { throwIfNoEntry: false });
        if (!stat) return { state: "absent" };
        return found(stat.isSymbolicLink() ? fs.readlinkSync(`${base}${at}`) : null);
      }),
      (real) => found(real === "/" ? base : `${base}${real}`),
    ),
  );
}

function readFile(place: string, limitBytes: number, scratch: Buffer, foreign: boolean): Lookup<Buffer> {
  const pieces: Buffer[] = [];
  const total = readPieces(place, limitBytes, scratch, foreign, (piece) => void pieces.push(Buffer.from(piece)));
  return chain(total, (size) => found(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, size)));
}

function scanFile(
  place: string,
  limitBytes: number,
  scratch: Buffer,
  foreign: boolean,
  each: (piece: string) => void,
): Lookup<number> {
  return readPieces(place, limitBytes, scratch, foreign, (piece) => each(piece.toString("latin1")));
}

/** Reads to the end, whatever the size says: files of /proc and /sys say 0 or 4096. */
function readPieces(
  place: string,
  limitBytes: number,
  scratch: Buffer,
  foreign: boolean,
  each: (piece: Buffer) => void,
): Lookup<number> {
  return withFile(place, foreign, (fd, size) => {
    if (size > limitBytes) return tooLarge(size, limitBytes);
    for (let total = 0; ; ) {
      const count = fs.readSync(fd, scratch, 0, scratch.length, null);
      if (count === 0) return found(total);
      total += count;
      if (total > limitBytes) return tooLarge(total, limitBytes);
      each(scratch.subarray(0, count));
    }
  });
}

function readHead(place: string, sizeBytes: number, foreign: boolean): Lookup<string> {
  return chain(readSlice(place, 0, sizeBytes, foreign), (bytes) => found(bytes.toString("latin1")));
}

function readSlice(place: string, offset: number, sizeBytes: number, foreign: boolean): Lookup<Buffer> {
  return withFile(place, foreign, (fd) => found(readAt(fd, offset, sizeBytes)));
}

/** Bytes of an open file; fewer where it ends. */
function readAt(fd: number, offset: number, sizeBytes: number): Buffer {
  // Return only what was filled.
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const count = fs.readSync(fd, bytes, filled, sizeBytes - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/**
 * Opens regular files only. The check beforehand keeps devices from being opened at all (opening a watchdog starts it);
 * O_NONBLOCK and the check afterwards keep a pipe that was swapped in meanwhile from blocking.
 */
function withFile<T>(place: string, foreign: boolean, use: (fd: number, size: number) => Lookup<T>): Lookup<T> {
  const before = fs.statSync(place, { throwIfNoEntry: false });
  if (!before) return { state: "absent" };
  if (!before.isFile()) return notFile(kindIn(before));
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = fs.constants;
  const fd = fs.openSync(place, O_RDONLY | O_NONBLOCK | O_NOCTTY | (foreign ? O_NOFOLLOW : 0));
  try {
    const stat = fs.fstatSync(fd);
    return stat.isFile() ? use(fd, stat.size) : notFile(kindIn(stat));
  } finally {
    fs.closeSync(fd);
  }
}

function readLink(place: string): Lookup<string> {
  const stat = fs.lstatSync(place, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? found(fs.readlinkSync(place)) : { state: "absent" };
}

function kindOf(place: string): Lookup<FileType> {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  return stat ? found(kindIn(stat)) : { state: "absent" };
}

function kindIn(stat: fs.Stats): FileType {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  if (stat.isCharacterDevice()) return "character device";
  if (stat.isBlockDevice()) return "block device";
  return stat.isFIFO() ? "pipe" : "socket";
}

function ownerOf(path: string): Lookup<number> {
  return attempt(() => found(fs.statSync(path).uid));
}

function checkAccess(place: string, mode: "read" | "read-write"): Lookup<string | null> {
  if (!fs.statSync(place, { throwIfNoEntry: false })) return { state: "absent" };
  const { R_OK, W_OK } = fs.constants;
  try {
    fs.accessSync(place, mode === "read" ? R_OK : R_OK | W_OK);
    return found(null);
  } catch (error) {
    return found(reason(error));
  }
}

function freeSpace(path: string): Lookup<number> {
  // Node 18.15 and later have statfs; JetPack 4 runs 16.
  if (typeof fs.statfsSync !== "function") return { state: "unreadable", why: "not available in this Node.js release" };
  const { bavail, bsize } = fs.statfsSync(path);
  return found(bavail * bsize);
}

function ownUname(): Uname {
  return { sysname: os.type(), release: os.release(), machine: ownMachine(), from: "uname" };
}

/**
 * Node 18.9 and later have os.machine; before that the process's own architecture decides, but only if it is 64-bit.
 */
function ownMachine(): string | null {
  if (typeof os.machine === "function") return os.machine();
  if (process.arch === "x64") return "x86_64";
  return process.arch === "arm64" ? "aarch64" : null;
}

function parseUname(bytes: Buffer): Lookup<Uname> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString("utf8"));
  } catch {
    return { state: "unreadable", why: "is not valid JSON" };
  }
  if (!isObject(parsed)) return { state: "unreadable", why: "is not a JSON object" };
  const text = (key: string) => {
    const value = Object.hasOwn(parsed, key) ? parsed[key] : null;
    return typeof value === "string" && value !== "" ? value.slice(0, 200) : null;
  };
  return found({ sysname: text("sysname"), release: text("release"), machine: text("machine"), from: "/UNAME.json" });
}

function realFolder(path: string): string {
  try {
    return fs.realpathSync.native(path);
  } catch {
    return path;
  }
}

function attempt<T>(look: () => Lookup<T>): Lookup<T> {
  try {
    return look();
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { state: "absent" };
    return { state: "unreadable", why: reason(error) };
  }
}

function reason(error: unknown): string {
  const code = codeOf(error) ?? "unknown error";
  return REASONS[code] ?? code;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "too many levels of links",
  EIO: "input/output error",
  EROFS: "read-only file system",
  EISDIR: "is a folder, not a file",
};
