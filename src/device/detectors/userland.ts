import { parseElfHeader } from "../../base/elf.js";
import { newestVersion } from "../../base/elf-versions.js";
import { printable } from "../../base/text.js";
import { cutVersion } from "../../base/version.js";
import type { PackageList } from "../dpkg.js";
import { DPKG_STATUS, upstreamVersion } from "../dpkg.js";
import { elfAt } from "../elf-files.js";
import type { Arch, Reading } from "../facts.js";
import type { Host } from "../host.js";
import { NOT_COPIED } from "../own-machine.js";
import { type Problem, type Sightings, sightingsOn } from "../sightings.js";

/** Width and machine of the programs that this root holds. */
export interface Userland {
  readonly bits: 32 | 64;
  /** `x86-64`, `aarch64`, `arm`, … or `e_machine 0x…`. */
  readonly machine: string;
}

const PROGRAMS = ["/bin/sh", "/usr/bin/env", "/bin/busybox", "/proc/self/exe"];
const LONGEST_LINE = 300;
const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: "x86",
  8: "mips",
  20: "ppc",
  21: "ppc64",
  22: "s390",
  40: "arm",
  62: "x86-64",
  183: "aarch64",
  243: "riscv",
};

/** What the userland's programs are. Looks at the ELF header of: /bin/sh, /usr/bin/env, /bin/busybox, /proc/self/exe. */
export function detectUserland(host: Host): Reading<Userland> {
  let problem: Problem | null = null;
  for (const path of PROGRAMS) {
    const head = host.slice(path, 0, 64);
    if (head.state === "absent") continue;
    const parsed = head.state === "found" ? parseElf(head.value) : null;
    if (parsed) return { state: "known", value: parsed, from: path, confidence: "FIRM" };
    problem ??= { from: path, why: head.state === "unreadable" ? head.why : "is not an ELF program" };
  }
  return { state: "unreadable", ...(problem ?? { from: PROGRAMS.join(", "), why: NOT_COPIED }) };
}

/** Width and machine from the first bytes of an ELF file, null when it is not one. */
export function parseElf(head: Uint8Array): Userland | null {
  const header = parseElfHeader(head);
  if (header === null) return null;
  const { bits, machine } = header;
  return { bits, machine: ELF_MACHINES[machine] ?? `e_machine 0x${machine.toString(16)}` };
}

/** The architecture whose packaged models can run here: the userland decides, uname only if no program can be read. */
export function decideArch(userland: Reading<Userland>, machine: Reading<string>): Reading<Arch> {
  if (userland.state === "known") {
    const { bits, machine: built } = userland.value;
    const arch = bits === 64 ? USERLAND_ARCH.get(built) : undefined;
    if (arch !== undefined) return { state: "known", value: arch, from: userland.from, confidence: "FIRM" };
    const kernel = machine.state === "known" ? ` on a kernel that says ${machine.value}` : "";
    return { state: "absent", from: `${userland.from}: a ${bits}-bit ${built} userland${kernel}` };
  }
  if (machine.state !== "known") return userland.state === "unreadable" ? userland : machine;
  const arch = UNAME_ARCH.get(machine.value);
  if (arch === undefined) return { state: "absent", from: `${machine.from}: ${machine.value}` };
  return { state: "known", value: arch, from: machine.from, confidence: machine.confidence };
}

/**
 * The C library's release; "absent" with musl. Looks at: /usr/bin/ldd, dpkg's libc6, libc.so.6 in the trusted folders
 * (the file it links to, otherwise the versions it defines), the name of the loader in /lib.
 */
export function detectGlibc(host: Host, packages: PackageList, folders: readonly string[]): Reading<string> {
  const sightings = sightingsOn(host);
  const ldd = host.text("/usr/bin/ldd");
  let isMusl = false;
  if (ldd.state === "found") {
    const version = parseLdd(ldd.value);
    if (version !== null) sightings.add("/usr/bin/ldd", version);
    isMusl = version === null && ldd.value.includes("musl");
  } else if (ldd.state === "unreadable") sightings.fail("/usr/bin/ldd", ldd.why);
  else sightings.missed("/usr/bin/ldd");
  for (const { name, version } of packages.packages) {
    const upstream = name === "libc6" ? upstreamVersion(version) : null;
    if (upstream !== null) sightings.add(`${DPKG_STATUS} (${name})`, cutVersion(upstream, 2));
  }
  if (sightings.all.length === 0) addLibc(host, folders, sightings);
  if (sightings.all.length > 0) return sightings.settle();
  if (isMusl) return { state: "absent", from: "/usr/bin/ldd: musl" };
  const musl = muslLoader(host);
  if (musl !== null) return { state: "absent", from: `${musl}: musl` };
  const reading = sightings.settle();
  return reading.state === "absent" ? { state: "unreadable", from: reading.from, why: NOT_COPIED } : reading;
}

/** Up to glibc 2.33, libc.so.6 is a link to libc-2.33.so; a real file defines the versions up to its own. */
function addLibc(host: Host, folders: readonly string[], sightings: Sightings): void {
  for (const folder of folders) {
    const path = `${folder}/libc.so.6`;
    const target = host.resolve(path);
    if (target.state !== "found") continue;
    const named = /\/libc-(\d+\.\d+)\.so$/.exec(target.value)?.[1];
    const version = named ?? newestVersion(elfAt(host, target.value)?.dynamic()?.versionDefinitions ?? [], "GLIBC");
    if (version === null) continue;
    sightings.add(path, version);
    return;
  }
}

/** The release that a glibc `ldd` script prints, null when it is not glibc's. */
export function parseLdd(text: string): string | null {
  for (const line of text.split("\n")) {
    const version = line.length > LONGEST_LINE ? null : /ldd [^(]*\([^)]*\)["' ]+(\d+\.\d+)/.exec(line)?.[1];
    if (version) return version;
  }
  return null;
}

function muslLoader(host: Host): string | null {
  const names = host.list("/lib");
  if (names.state !== "found") return null;
  const name = names.value.find((entry) => entry.startsWith("ld-musl-"));
  return name === undefined ? null : `/lib/${printable(name)}`;
}

// Maps, not objects: uname of a copied root and drop-ins contain any text, "constructor" included.
const USERLAND_ARCH: ReadonlyMap<string, Arch> = new Map([
  ["aarch64", "ARM64"],
  ["x86-64", "X86_64"],
]);
const UNAME_ARCH: ReadonlyMap<string, Arch> = new Map([
  ["aarch64", "ARM64"],
  ["arm64", "ARM64"],
  ["x86_64", "X86_64"],
  ["amd64", "X86_64"],
]);
