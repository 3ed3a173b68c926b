import { fileNameOf } from "../../base/paths.js";
import type { Gpu } from "../facts.js";
import type { Host } from "../host.js";
import { namesIn } from "../lookups.js";
import { cleanText, type Problem } from "../sightings.js";
import { type PciGpuRange, pciGpu } from "../tables/pci-gpus.js";
import { MODULE_VERSION, NVRM_VERSION } from "./driver.js";
import { type GpuSurroundings, hasTegraUserSpace, hiddenFromContainer, TEGRA_NODES, UNKNOWN_GPU } from "./gpu-use.js";

/** Where the PCI bus lists its functions. */
export const DEVICES = "/sys/bus/pci/devices";
const PROC_GPUS = "/proc/driver/nvidia/gpus";
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i;
const NVIDIA = 0x10de;
// VGA and 3D controllers. 0403 is a card's audio, 0680 an NVSwitch, 0604 a root port.
const GPU_CLASSES = [0x0300, 0x0302];
const OTHER_DRIVERS = ["nouveau", "vfio_pci", "nova_core"];

/** NVIDIA's GPUs on the PCI bus, and those that only its driver lists. */
export function pciGpus(host: Host, around: GpuSurroundings, problems: Problem[]): Gpu[] {
  const listed = host.list(DEVICES);
  if (listed.state === "unreadable") problems.push({ from: DEVICES, why: listed.why });
  const known = new Set(listed.state === "found" ? listed.value.filter((name) => ADDRESS.test(name)).sort() : []);
  const gpus = [...known].flatMap((address) => pciGpuAt(host, address, around, problems) ?? []);
  // If the PCI bus is hidden, the driver still lists its GPUs, without their ids.
  const addresses = new Set(gpus.map(({ address }) => address));
  for (const address of namesIn(host, PROC_GPUS, ADDRESS)) {
    if (addresses.has(address.toLowerCase()) || known.has(address)) continue;
    addresses.add(address.toLowerCase());
    const info = driverInfo(host, address);
    const usable = info !== null && !info.excluded && !hiddenFromContainer(host, around, ["/dev/nvidiactl"]);
    gpus.push({ ...UNKNOWN_GPU, name: info?.name ?? null, address: address.toLowerCase(), usable });
  }
  return gpus;
}

function pciGpuAt(host: Host, address: string, around: GpuSurroundings, problems: Problem[]): Gpu | null {
  const folder = `${DEVICES}/${address}`;
  const vendor = hexIn(host, `${folder}/vendor`, problems);
  if (vendor !== null && vendor !== NVIDIA) return null;
  const config = vendor === null ? readConfig(host, folder) : null;
  if ((vendor ?? config?.vendor) !== NVIDIA) return null;
  const device = hexIn(host, `${folder}/device`, problems) ?? (config ?? readConfig(host, folder))?.device;
  const kind = hexIn(host, `${folder}/class`, problems) ?? (config ?? readConfig(host, folder))?.class;
  if (device === undefined || kind === undefined) {
    problems.push({ from: folder, why: "gives neither class nor device of an NVIDIA function" });
    return null;
  }
  if (!GPU_CLASSES.includes(kind >>> 8)) return null;
  const row = pciGpu(device);
  const info = driverInfo(host, address);
  const driver = boundDriver(host, folder, info !== null);
  const integrated = row?.integrated ?? false;
  return {
    integrated,
    name: info?.name ?? null,
    pciId: `10de:${device.toString(16).padStart(4, "0")}`,
    address: address.toLowerCase(),
    chip: row?.chip ?? null,
    computeCapability: row?.computeCapability ?? null,
    boundTo: driver === null || driver === "nvidia" ? null : driver,
    usable: isUsable(host, around, driver, info?.excluded ?? false, row),
  };
}

function isUsable(
  host: Host,
  around: GpuSurroundings,
  driver: string | null,
  excluded: boolean,
  row: PciGpuRange | null,
): boolean {
  if (excluded || (driver !== null && driver !== "nvidia")) return false;
  if (driver === null) return row?.integrated === true && hasTegraUserSpace(host, around);
  return !hiddenFromContainer(host, around, row?.integrated ? ["/dev/nvidiactl", ...TEGRA_NODES] : ["/dev/nvidiactl"]);
}

/** The kernel driver that holds a PCI function; null when none does. */
function boundDriver(host: Host, folder: string, listedByNvidia: boolean): string | null {
  const link = host.link(`${folder}/driver`);
  if (link.state === "found") return normalDriver(fileNameOf(link.value));
  const uevent = host.text(`${folder}/uevent`);
  if (uevent.state === "found") {
    const name = /^DRIVER=(\S+)$/m.exec(uevent.value)?.[1];
    // sysfs writes DRIVER only for a bound function; a file in another format shows nothing.
    if (name !== undefined || uevent.value.includes("PCI_ID=")) return name === undefined ? null : normalDriver(name);
  }
  // A copied root has neither, so the loaded modules decide.
  if (listedByNvidia) return "nvidia";
  if ([NVRM_VERSION, MODULE_VERSION, "/sys/module/nvidia"].some((path) => host.kind(path).state === "found"))
    return "nvidia";
  const other = OTHER_DRIVERS.find((name) => host.kind(`/sys/module/${name}`).state === "found");
  return other === undefined ? null : normalDriver(other);
}

function normalDriver(name: string): string {
  return cleanText(name).replace(/_/g, "-");
}

/** What NVIDIA's driver says about a GPU that it holds; null if it does not list it. */
function driverInfo(host: Host, address: string): { name: string | null; excluded: boolean } | null {
  for (const spelling of new Set([address, address.toLowerCase()])) {
    const text = host.text(`${PROC_GPUS}/${spelling}/information`);
    if (text.state !== "found") continue;
    const name = cleanText(/^Model:(.*)$/m.exec(text.value)?.[1] ?? "");
    return {
      name: name === "" || name === "Unknown" ? null : name,
      excluded: /^(?:GPU Excluded|Blacklisted):\s*Yes\s*$/m.test(text.value),
    };
  }
  return null;
}

function hexIn(host: Host, path: string, problems: Problem[]): number | null {
  const text = host.text(path, 4096);
  if (text.state === "unreadable") problems.push({ from: path, why: text.why });
  const digits = text.state === "found" ? /^\s*0x([0-9a-f]{1,6})\s*$/i.exec(text.value)?.[1] : undefined;
  return digits === undefined ? null : Number.parseInt(digits, 16);
}

/** Vendor, device and class, from the part of the PCI header that anyone may read. */
function readConfig(host: Host, folder: string): { vendor: number; device: number; class: number } | null {
  const head = host.head(`${folder}/config`, 64);
  if (head.state !== "found" || head.value.length < 16) return null;
  const byte = (at: number) => head.value.charCodeAt(at);
  return {
    vendor: byte(0) + byte(1) * 256,
    device: byte(2) + byte(3) * 256,
    class: byte(9) + byte(10) * 256 + byte(11) * 65536,
  };
}
