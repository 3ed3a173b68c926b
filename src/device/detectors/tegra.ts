import type { Arch, Reading, Sighting } from "../facts.js";
import type { Host } from "../host.js";
import { hasProc } from "../own-machine.js";
import { cleanText, type Sightings, sightingsOn } from "../sightings.js";
import { TEGRA_SOCS, tegraByChipId, tegraSoc } from "../tables/tegra-socs.js";
import { coreParts } from "./cpu.js";
import type { DeviceTree } from "./device-tree.js";
import { NV_TEGRA_RELEASE, parseTegraRelease } from "./l4t.js";

/** Settings of NVIDIA's boot control: holds the board's specification and the chip id. */
export const BOOT_CONTROL = "/etc/nv_boot_control.conf";
const CHIP_ID = "/sys/module/tegra_fuse/parameters/tegra_chip_id";
const SOC0 = "/sys/devices/soc0";
const CPUINFO = "/proc/cpuinfo";
const L4T_NODES = ["/dev/nvhost-gpu", "/dev/nvhost-ctrl-gpu", "/dev/nvhost-ctrl", "/dev/nvhost-as-gpu"];

/**
 * The Tegra SoC, `tegra194`; "absent" if this is certainly not one. Looks at: compatible in the device tree,
 * TEGRA_CHIPID in /etc/nv_boot_control.conf, /sys/module/tegra_fuse/parameters/tegra_chip_id, /sys/devices/soc0 (family
 * Tegra), and, if L4T is seen, the cores in /proc/cpuinfo. Not at BOARD in nv_tegra_release, which TX2, Xavier and Orin
 * share.
 */
export function detectSoc(host: Host, tree: DeviceTree, around: SocSurroundings): Reading<string> {
  const sightings = sightingsOn(host);
  const compatible = tree.text("compatible");
  const named = compatible?.strings.map(socNamed).find((soc) => soc !== null);
  if (compatible && named) sightings.add(compatible.from, named);
  else sightings.missed(compatible?.from ?? "/proc/device-tree/compatible");
  sightings.read(BOOT_CONTROL, (text) => chipNamed(/^TEGRA_CHIPID\s+(0x[0-9a-fA-F]{1,4})\s*$/m.exec(text)?.[1]), true);
  sightings.read(CHIP_ID, (text) => chipNamed(/^\s*(\d{1,5})\s*$/.exec(text)?.[1]));
  askSoc0(host, sightings);
  const isStated = sightings.all.length > 0;
  if (!isStated && hasL4t(host)) askCores(host, sightings);
  if (sightings.all.length === 0) for (const { from, why } of tree.problems) sightings.fail(from, why);
  const reading = sightings.settle(isStated ? "FIRM" : "INFERRED");
  if (reading.state !== "absent" || isSurelyNone(host, compatible !== null, around)) return reading;
  return { state: "unreadable", from: reading.from, why: "neither the device tree nor another place tells the chip" };
}

/** Certainly not a Tegra: a device tree that names none, an x86 machine, a kernel without any device tree. */
function isSurelyNone(host: Host, hasTree: boolean, { arch, container }: SocSurroundings): boolean {
  if (hasTree || (arch.state === "known" && arch.value === "X86_64")) return true;
  // Containers mask the device tree.
  return container.state === "known" && !container.value && hasProc(host);
}

/** Whether a machine without a device tree can be a Jetson. */
interface SocSurroundings {
  readonly arch: Reading<Arch>;
  readonly container: Reading<boolean>;
}

/**
 * The SoC that one `compatible` entry names: `nvidia,tegra194`; `nvidia,tegra23x` is tegra234. Null for other entries.
 */
function socNamed(entry: string): string | null {
  const name = /^nvidia,(tegra\d\d\w)$/.exec(entry)?.[1];
  if (name === undefined) return null;
  if (name.startsWith("tegra23")) return "tegra234";
  if (name.startsWith("tegra26")) return "tegra264";
  return tegraSoc(name)?.soc ?? null;
}

/** Everything that was said about the SoC. */
export function socSightings(soc: Reading<string>): readonly Sighting[] {
  if (soc.seen) return soc.seen;
  return soc.state === "known" ? [{ from: soc.from, value: soc.value }] : [];
}

function chipNamed(chipId: string | undefined): string | null {
  return chipId === undefined ? null : (tegraByChipId(Number(chipId))?.soc ?? null);
}

/** GB10 has a soc0 too, of family jep106:0426: it is not a Tegra. */
function askSoc0(host: Host, sightings: Sightings): void {
  const family = host.text(`${SOC0}/family`);
  if (family.state !== "found" || !/^tegra/i.test(family.value)) return;
  sightings.read(`${SOC0}/soc_id`, (text) => chipNamed(/^\s*(\d{1,5})\s*$/.exec(cleanText(text))?.[1]));
}

/** A core identifies the SoC only together with L4T: the same cores are sold in other chips. */
function askCores(host: Host, sightings: Sightings): void {
  const text = host.text(CPUINFO, 4 * 1024 * 1024);
  if (text.state !== "found") return;
  const parts = coreParts(text.value);
  const row = TEGRA_SOCS.find(({ ownCores }) => ownCores.some((core) => parts.includes(core)));
  if (row) sightings.add(`${CPUINFO} (core ${row.ownCores.join(", ")})`, row.soc);
  else sightings.missed(CPUINFO);
}

function hasL4t(host: Host): boolean {
  const release = host.text(NV_TEGRA_RELEASE);
  if (release.state === "found" && parseTegraRelease(release.value) !== null) return true;
  return L4T_NODES.some((node) => host.kind(node).state === "found");
}
