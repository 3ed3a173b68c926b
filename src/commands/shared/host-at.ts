import { closeSync, openSync, readSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { basename, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { ExpectedError, InvalidInputError, messageOf } from "../../base/errors.js";
import type { Host } from "../../device/host.js";
import { linuxHost } from "../../device/linux-host.js";
import { treeOf } from "../../device/snapshot/snapshot-files.js";
import { treeHost } from "../../device/snapshot/tree-host.js";
import { readNamedFile } from "../../platform/safe-files.js";
import { decodeTar } from "../../platform/tar.js";
import { existingFolder } from "./existing-folder.js";

/** The largest snapshot, packed or unpacked: far larger than any that packdrift writes. */
const MOST_ARCHIVE_BYTES = 64 * 2 ** 20;

/** The machine that `--root` names: a folder that is read as "/", or a snapshot; this machine without `--root`. */
export function hostAt(root: string | undefined): Host {
  if (root === undefined || !isFile(root)) return linuxHost(existingFolder(root));
  return readSnapshot(root);
}

/** The name of the machine that `--root` names: its folder or snapshot, otherwise this machine's host name. */
export function machineName(root: string | undefined): string {
  const path = resolve(root ?? "/");
  return path === "/" ? hostname() : basename(path).replace(/\.t(ar\.)?gz$/, "");
}

/** The machine in a snapshot. Throws InvalidInputError for any other file. */
export function readSnapshot(file: string): Host {
  try {
    const read = readNamedFile(file, MOST_ARCHIVE_BYTES, () => undefined) ?? Buffer.alloc(0);
    const bytes = hasGzipMagic(read) ? gunzipSync(read, { maxOutputLength: MOST_ARCHIVE_BYTES }) : read;
    return treeHost(treeOf(decodeTar(bytes)));
  } catch (error) {
    const why = error instanceof ExpectedError ? error.message : `it is not a snapshot (${messageOf(error)})`;
    throw new InvalidInputError(`Cannot read the machine in "${file}": ${why}`, { cause: error });
  }
}

/** Whether a file's first bytes are those of a gzip archive. */
export function isPacked(path: string): boolean {
  if (!isFile(path)) return false;
  const fd = openSync(path, "r");
  try {
    const magic = Buffer.alloc(2);
    return readSync(fd, magic) === 2 && hasGzipMagic(magic);
  } finally {
    closeSync(fd);
  }
}

function hasGzipMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
