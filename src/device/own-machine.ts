import type { Host } from "./host.js";

/** Whether this is the running machine, not a copied tree: a place that is missing here is missing, not left out. */
export function isOwnMachine(host: Host): boolean {
  const uname = host.uname();
  return uname.state === "found" && uname.value.from === "uname";
}

/**
 * Whether /proc can be asked what is not there: on the running machine, and in a tree that says whose kernel it shows or that
 * holds several of its files. A single file was copied for itself.
 */
export function hasProc(host: Host): boolean {
  const names = host.list("/proc");
  if (names.state !== "found") return false;
  return host.uname().state === "found" || names.value.length > 1;
}

/** Why nothing follows from a file that is not there. */
export const NOT_COPIED = "there is no such file to read";
