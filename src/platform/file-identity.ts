import { statSync } from "node:fs";

/**
 * A text that changes when a file or folder is replaced, written, or given other permissions: device, inode, size and times.
 * Null if it does not exist or cannot be asked.
 */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch {
    return null;
  }
}
