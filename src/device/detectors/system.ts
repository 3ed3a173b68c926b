import type { Reading } from "../facts.js";
import type { Host, Lookup, Uname } from "../host.js";
import { isOwnMachine, NOT_COPIED } from "../own-machine.js";
import { cleanText, sightingsOn } from "../sightings.js";
import type { Userland } from "./userland.js";

/** The operating system, `LINUX`. Looks at: uname, /proc/sys/kernel/ostype, /proc/version; else the userland's files. */
export function detectOs(host: Host, uname: Lookup<Uname>, userland: Reading<Userland>): Reading<string> {
  const sightings = sightingsOn(host);
  if (uname.state === "found" && uname.value.sysname)
    sightings.add(uname.value.from, cleanText(uname.value.sysname).toUpperCase());
  if (uname.state === "unreadable") sightings.fail("/UNAME.json", uname.why);
  sightings.read("/proc/sys/kernel/ostype", (text) => cleanText(text).toUpperCase() || null);
  if (sightings.all.length === 0) {
    sightings.read("/proc/version", (text) => (text.startsWith("Linux version ") ? "LINUX" : null));
  }
  if (sightings.all.length > 0) return sightings.settle();
  // Every userland that we recognise is one that Linux runs: ELF programs or an os-release.
  if (userland.state === "known") return inferred("LINUX", userland.from);
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    if (host.kind(path).state === "found") return inferred("LINUX", path);
  }
  return notAbsent(sightings.settle());
}

/** The machine as uname spells it. Looks at: uname, /proc/sys/kernel/arch (kernel 6.1 and later); else the userland. */
export function detectMachine(host: Host, uname: Lookup<Uname>, userland: Reading<Userland>): Reading<string> {
  const sightings = sightingsOn(host);
  if (uname.state === "found" && uname.value.machine) sightings.add(uname.value.from, cleanText(uname.value.machine));
  if (uname.state === "unreadable") sightings.fail("/UNAME.json", uname.why);
  sightings.read("/proc/sys/kernel/arch", (text) => cleanText(text) || null);
  if (sightings.all.length === 0 && userland.state === "known") {
    const machine = MACHINES.get(userland.value.machine);
    if (machine !== undefined && userland.value.bits === 64) return inferred(machine, userland.from);
  }
  return notAbsent(sightings.settle());
}

/** The kernel's release. Looks at: uname, /proc/sys/kernel/osrelease. */
export function detectKernel(host: Host, uname: Lookup<Uname>): Reading<string> {
  const sightings = sightingsOn(host);
  if (uname.state === "found" && uname.value.release) sightings.add(uname.value.from, cleanText(uname.value.release));
  if (uname.state === "unreadable") sightings.fail("/UNAME.json", uname.why);
  sightings.read("/proc/sys/kernel/osrelease", (text) => cleanText(text) || null);
  return notAbsent(sightings.settle());
}

/** The distribution. Looks at: /etc/os-release, else /usr/lib/os-release, as os-release(5) orders them. */
export function detectDistro(host: Host): Reading<{ readonly id: string; readonly version: string | null }> {
  const tried = ["/etc/os-release", "/usr/lib/os-release"];
  for (const path of tried) {
    const text = host.text(path);
    if (text.state === "absent") continue;
    if (text.state === "unreadable") return { state: "unreadable", from: path, why: text.why };
    const fields = parseOsRelease(text.value);
    if (fields.size === 0) return { state: "unreadable", from: path, why: "has no KEY=value line" };
    // os-release(5): ID defaults to "linux".
    const version = fields.get("VERSION_ID") || null;
    // Rolling releases leave the placeholder of their build in place: VERSION_ID=TEMPLATE_VERSION_ID on Arch Linux.
    const value = { id: fields.get("ID") || "linux", version: version?.startsWith("TEMPLATE_") ? null : version };
    return { state: "known", value, from: path, confidence: "FIRM" };
  }
  const from = tried.join(", ");
  return isOwnMachine(host) ? { state: "absent", from } : { state: "unreadable", from, why: NOT_COPIED };
}

/** Every machine has a system, an architecture and a kernel: if nothing states it, nothing could be read. */
function notAbsent(reading: Reading<string>): Reading<string> {
  return reading.state === "absent" ? { state: "unreadable", from: reading.from, why: NOT_COPIED } : reading;
}

/** The assignments of an os-release file, quoted or not, in any order; other lines are ignored. */
export function parseOsRelease(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, rest] = /^\s*([A-Z][A-Z0-9_]*)=([^\n]*)$/.exec(line) ?? [];
    if (key === undefined || rest === undefined) continue;
    const raw = rest.trim();
    const quoted = /^"((?:[^"\\]|\\.)*)"$|^'([^']*)'$/.exec(raw);
    const value = quoted ? (quoted[1]?.replace(/\\(.)/g, "$1") ?? quoted[2] ?? "") : raw;
    fields.set(key, cleanText(value));
  }
  return fields;
}

const MACHINES: ReadonlyMap<string, string> = new Map([
  ["aarch64", "aarch64"],
  ["x86-64", "x86_64"],
]);

function inferred(value: string, from: string): Reading<string> {
  return { state: "known", value, from, confidence: "INFERRED" };
}
