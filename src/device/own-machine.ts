import type { Host } from "./host.js";

/** Whether this is the running machine, not a copied tree: what is missing here is missing, not left out of a copy. */
export function isOwnMachine(host: Host): boolean {
  const uname = host.uname();
  return uname.state === "found" && uname.value.from === "uname";
}

/**
 * Whether something missing in /proc is known to be missing: on the running machine, and in a tree that says whose
 * kernel it shows or that has several of its files. A single file may be all that was copied.
 */
export function hasProc(host: Host): boolean {
  const names = host.list("/proc");
  if (names.state !== "found") return false;
  return host.uname().state === "found" || names.value.length > 1;
}

/** The reason if a missing file proves nothing. */
export const NOT_COPIED = "there is no such file to read";
