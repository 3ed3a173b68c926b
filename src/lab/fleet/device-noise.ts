import { type DeviceFacts, known, type Reading } from "../../device/facts.js";
import { share } from "../../examiner/timetable.js";

const GIB = 2 ** 30;

/**
 * What differs between two devices of one kind: the kernel's patch level, memory, free disk; and what a recording does not hold:
 * device nodes, libcuda and the C library. The same for the same thing. Versions that rules judge stay as they were recorded.
 */
export function deviceNoise(facts: DeviceFacts, thing: string): DeviceFacts {
  const random = (what: string) => share(`${thing} ${what}`);
  const total = memoryOf(facts) * GIB * (0.96 + 0.02 * random("memory"));
  const free = (6 + 60 * random("disk")) * GIB;
  const kernel = known(facts.kernelRelease);
  return {
    ...facts,
    ...(kernel === null
      ? {}
      : { kernelRelease: reading(patched(kernel, random("kernel")), "/proc/sys/kernel/osrelease") }),
    memory: reading(
      { totalBytes: Math.round(total), availableBytes: Math.round(total * (0.3 + 0.4 * random("available"))) },
      "/proc/meminfo",
    ),
    disk: reading({ path: "/greengrass/v2", freeBytes: Math.round(free) }, "/greengrass/v2"),
    access: accessOf(facts),
    libcuda: libcudaOf(facts),
    glibc: glibcOf(facts),
  };
}

/** A card's kernel module keeps running after an upgrade has replaced its libraries. */
export function upgradedWithoutReboot(facts: DeviceFacts, release: string): DeviceFacts {
  return { ...facts, libcuda: libcudaOf(facts, release) };
}

function reading<T>(value: T, from: string): Reading<T> {
  return { state: "known", value, from, confidence: "FIRM" };
}

/** `5.4.0-1060-aws` becomes `5.4.0-1066-aws`; a kernel that comes with L4T stays. */
function patched(kernel: string, random: number): string {
  return kernel.replace(
    /-(\d{2,4})-(?!tegra)/,
    (_, number: string) => `-${Number(number) + 2 * Math.floor(8 * random)}-`,
  );
}

/** GiB, the sizes that such machines are sold with. */
function memoryOf(facts: DeviceFacts): number {
  const family = known(facts.jetson)?.family;
  if (family === "nano" || family === "tx1") return 4;
  if (family === "tx2") return 8;
  if (family !== undefined) return 32;
  return known(facts.accelerator) === null ? 8 : 16;
}

function accessOf(facts: DeviceFacts): DeviceFacts["access"] {
  const isJetson = known(facts.jetson) !== null;
  const nodes = isJetson
    ? ["/dev/nvhost-ctrl-gpu", "/dev/nvhost-gpu", "/dev/nvmap"]
    : ["/dev/nvidia0", "/dev/nvidiactl"];
  const opened = known(facts.accelerator) === null ? [] : nodes;
  return reading(
    opened.map((path) => ({ path, allowed: true, why: null })),
    "/dev",
  );
}

function libcudaOf(facts: DeviceFacts, release = known(facts.driver)): DeviceFacts["libcuda"] {
  if (known(facts.accelerator) === null) return { state: "absent", from: "/etc/ld.so.cache" };
  if (known(facts.jetson) !== null)
    return reading({ version: null, path: L4T_LIBCUDA, loadable: true, compat: false }, L4T_LIBCUDA);
  if (release === null) return facts.libcuda;
  const path = `/usr/lib/x86_64-linux-gnu/libcuda.so.${release}`;
  return reading({ version: release, path, loadable: true, compat: false }, path);
}

const L4T_LIBCUDA = "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1.1";

/** The release that each distribution comes with. */
const GLIBC: Readonly<Record<string, string>> = {
  "ubuntu 18.04": "2.27",
  "ubuntu 20.04": "2.31",
  "ubuntu 22.04": "2.35",
  "debian 12": "2.36",
};

function glibcOf(facts: DeviceFacts): DeviceFacts["glibc"] {
  const distro = known(facts.distro);
  const release = GLIBC[`${distro?.id} ${distro?.version}`];
  return release === undefined ? facts.glibc : reading(release, "/usr/bin/ldd");
}
