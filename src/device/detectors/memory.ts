import type { DeviceFacts } from "../facts.js";
import type { Host } from "../host.js";
import { NOT_COPIED } from "../own-machine.js";

const MEMINFO = "/proc/meminfo";
/** Where the classic nucleus and nucleus lite unpack packages; the root file system if neither exists. */
const PACKAGE_FOLDERS = ["/greengrass/v2", "/var/lib/greengrass", "/"];

/** Total and available memory in bytes (available is null before kernel 3.14). Looks at: /proc/meminfo. */
export function detectMemory(host: Host): DeviceFacts["memory"] {
  const text = host.text(MEMINFO);
  if (text.state === "absent") return { state: "unreadable", from: MEMINFO, why: NOT_COPIED };
  if (text.state === "unreadable") return { state: "unreadable", from: MEMINFO, why: text.why };
  const totalBytes = bytesOf(text.value, "MemTotal");
  if (totalBytes === null) return { state: "unreadable", from: MEMINFO, why: 'has no "MemTotal" line in kB' };
  const value = { totalBytes, availableBytes: bytesOf(text.value, "MemAvailable") };
  return { state: "known", value, from: MEMINFO, confidence: "FIRM" };
}

/** Bytes that this user can still write where packages are unpacked. Looks at: /greengrass/v2, /var/lib/greengrass, /. */
export function detectDisk(host: Host): DeviceFacts["disk"] {
  const path = PACKAGE_FOLDERS.find((folder) => {
    const kind = host.kind(folder);
    return kind.state === "found" && kind.value === "folder";
  });
  if (path === undefined) return { state: "unreadable", from: PACKAGE_FOLDERS.join(", "), why: NOT_COPIED };
  const free = host.freeBytes(path);
  if (free.state === "absent") return { state: "unreadable", from: path, why: NOT_COPIED };
  if (free.state === "unreadable") return { state: "unreadable", from: path, why: free.why };
  return { state: "known", value: { path, freeBytes: free.value }, from: path, confidence: "FIRM" };
}

function bytesOf(text: string, key: string): number | null {
  const kilobytes = new RegExp(`^${key}:\\s+(\\d{1,12}) kB$`, "m").exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
