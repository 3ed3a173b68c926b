import { accessSync, constants, statSync } from "node:fs";

/**
 * A text that changes when a file or folder is replaced, written, or given other permissions: device, inode, size and
 * times. Null if it does not exist or cannot be read.
 */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch {
    return null;
  }
}

/**
 * Like `fileIdentity`, but changes also when this process gains or loses the right to read it: groups, access lists and
 * mounts can change that without touching the file.
 */
export function readableIdentity(path: string): string | null {
  const identity = fileIdentity(path);
  return identity === null ? null : `${identity}:${isReadable(path) ? "readable" : "denied"}`;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
