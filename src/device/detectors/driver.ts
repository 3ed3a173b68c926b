import type { Reading } from "../facts.js";
import type { Host } from "../host.js";
import { hasProc, NOT_COPIED } from "../own-machine.js";
import { sightingsOn } from "../sightings.js";

/** Where NVIDIA's kernel module describes itself. */
export const NVRM_VERSION = "/proc/driver/nvidia/version";
/** The same module in sysfs; visible in containers too. */
export const MODULE_VERSION = "/sys/module/nvidia/version";
const LONGEST_LINE = 300;
const GPUS = "/proc/driver/nvidia/gpus";

/** On WSL2 the Windows host's driver is reached through this node; the distribution has no file that names it. */
export const WSL_NODE = "/dev/dxg";

/**
 * The release of NVIDIA's loaded kernel module; on Orin that is the display driver, not CUDA's. Looks at:
 * /proc/driver/nvidia/version, /sys/module/nvidia/version, "GPU Firmware" in
 * /proc/driver/nvidia/gpus/<address>/information, /dev/dxg. "absent" only if /proc or /sys/module exists.
 */
export function detectDriver(host: Host): Reading<string> {
  const sightings = sightingsOn(host);
  sightings.read(NVRM_VERSION, parseNvrm);
  sightings.read(MODULE_VERSION, (text) => /^\s*(\d+\.\d+(?:\.\d+)?)\s*$/.exec(text)?.[1] ?? null);
  // GSP firmware has the driver's version, but a GPU may run without: "N/A".
  const gpus = host.list(GPUS);
  if (gpus.state === "found") {
    for (const address of [...gpus.value].sort()) {
      sightings.read(`${GPUS}/${address}/information`, parseFirmware, true);
    }
  }
  const reading = sightings.settle();
  if (reading.state === "known" && isL4tRelease(reading.value)) {
    return { state: "absent", from: `${reading.from}: only the display's module of L4T ${reading.value}` };
  }
  if (reading.state !== "absent") return reading;
  if (host.kind(WSL_NODE).state === "found") {
    return {
      state: "unreadable",
      from: WSL_NODE,
      why: "the driver is the Windows host's, whose release no file tells",
    };
  }
  if (hasProc(host) || host.list("/sys/module").state === "found") return reading;
  return { state: "unreadable", from: reading.from, why: NOT_COPIED };
}

/**
 * The module's release from line 1: the first number after "Kernel Module" (line 2 may hold anything); null if there is
 * none.
 */
export function parseNvrm(text: string): string | null {
  const line = (text.split("\n", 1)[0] ?? "").slice(0, LONGEST_LINE);
  return /Kernel Module\b.*?(?:^|\s)(\d+\.\d+(?:\.\d+)?)(?=\s|$)/.exec(line)?.[1] ?? null;
}

/** On Orin, JetPack 5 gives its display module the number of L4T, 35.4.1; the drivers of cards have far higher ones. */
function isL4tRelease(version: string): boolean {
  return Number(version.split(".", 1)[0]) < 100;
}

function parseFirmware(text: string): string | null {
  return /^GPU Firmware:\s*(\d+\.\d+(?:\.\d+)?)\s*$/m.exec(text)?.[1] ?? null;
}
