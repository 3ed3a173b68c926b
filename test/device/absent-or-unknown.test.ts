import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import type { DeviceFacts, FactKey } from "../../src/device/facts.js";
import { compare } from "../../src/drift/compare.js";
import { AVX2_FEATURES, armJob, cpuJob, someInput, someJob, xavierJob } from "../drift/builders.js";
import { type Entry, type FakeTree, fakeHost, someUname } from "./fake-host.js";
import { stanza } from "./machines/parts.js";

/** A single file of each kind of place that detectors read. */
const SINGLE_FILES: readonly FakeTree[] = [
  { "/etc/os-release": "ID=ubuntu\nVERSION_ID=18.04\n" },
  { "/usr/lib/os-release": "ID=ubuntu\n" },
  { "/etc/hostname": "box\n" },
  { "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n" },
  { "/proc/cpuinfo": `processor\t: 0\nmodel name\t: Some\nflags\t\t: ${AVX2_FEATURES.join(" ")}\n` },
  { "/proc/meminfo": "MemTotal:       16000000 kB\n" },
  { "/usr/lib/x86_64-linux-gnu/libnvinfer.so.7.1.3": "" },
  { "/usr/lib/x86_64-linux-gnu/libcuda.so.440.33.01": "" },
  { "/usr/bin/ldd": "echo 'ldd (GNU libc) 2.27'\n" },
];
const JOBS = [someJob(), armJob(), xavierJob(), cpuJob()];
/** What a machine may lack: each must be told as unknown where it was not looked at. */
const CAN_BE_ABSENT: readonly FactKey[] = [
  "accelerator",
  "jetson",
  "driver",
  "libcuda",
  "cuda",
  "cudnn",
  "tensorrt",
  "glibc",
  "distro",
];

describe("a root that holds nothing", () => {
  const facts = detectFacts(fakeHost({}), []);

  it("reports nothing about any fact, and why", () => {
    // The free space of a folder in memory is made up.
    for (const [key, reading] of Object.entries(facts).filter(([name]) => name !== "disk")) {
      expect([key, reading.state]).toEqual([key, "unreadable"]);
      expect("why" in reading && reading.why).not.toBe("");
    }
  });

  it("is neither a match nor a drift for any job", () => {
    for (const job of JOBS)
      expect(driftOf(facts, job)).toEqual({ drift: "UNKNOWN", runnable: "CANNOT_TELL", seen: [] });
  });
});

describe("a root with one file", () => {
  it.each(SINGLE_FILES.map((tree) => [Object.keys(tree)[0], tree] as const))(
    "%s lets nothing else be absent",
    (_, tree) => {
      const facts = detectFacts(fakeHost(tree), []);

      const absent = CAN_BE_ABSENT.filter((key) => facts[key].state === "absent");
      expect(absent).toEqual([]);
      for (const job of JOBS) expect(driftOf(facts, job)).toMatchObject({ drift: "UNKNOWN", runnable: "CANNOT_TELL" });
    },
  );
});

describe("a machine with a place that cannot be read", () => {
  const whole: FakeTree = {
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Some\nflags\t\t: fpu avx2\n",
    "/proc/meminfo": "MemTotal:       16000000 kB\n",
    "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  440.95.01  Thu\n",
    "/proc/1/cgroup": "0::/init.scope\n",
    "/sys/bus/pci/devices/0000:00:1e.0/vendor": "0x10de\n",
    "/sys/bus/pci/devices/0000:00:1e.0/device": "0x1eb8\n",
    "/sys/bus/pci/devices/0000:00:1e.0/class": "0x030200\n",
    "/var/lib/dpkg/status": stanza("libc6", "2.27-3ubuntu1", "amd64"),
    "/etc/os-release": "ID=ubuntu\nVERSION_ID=18.04\n",
    "/etc/ld.so.cache": "not a cache",
    "/usr/bin/ldd": "echo 'ldd (GNU libc) 2.27'\n",
    "/usr/lib/x86_64-linux-gnu/libc.so.6": "",
    "/usr/lib/x86_64-linux-gnu/libm.so.6": "",
  };
  const places: readonly (readonly [string, FactKey])[] = [
    ["/proc/cpuinfo", "cpu"],
    ["/proc/meminfo", "memory"],
    ["/sys/bus/pci/devices", "gpus"],
    ["/etc/ld.so.cache", "cuda"],
    ["/etc/ld.so.cache", "tensorrt"],
    ["/etc/ld.so.cache", "libcuda"],
    ["/var/lib/dpkg/status", "cuda"],
    ["/usr/lib/x86_64-linux-gnu", "tensorrt"],
    ["/etc/os-release", "distro"],
    ["/proc/driver/nvidia/version", "driver"],
  ];

  it.each(places)("%s says of %s that it could not be read", (path, key) => {
    const broken: Entry = { unreadable: "permission denied" };
    const rest = Object.entries(whole).filter(([name]) => name !== path && !name.startsWith(`${path}/`));
    const facts = detectFacts(fakeHost({ ...Object.fromEntries(rest), [path]: broken }, someUname("x86_64")), []);

    expect(facts[key]).toMatchObject({ state: "unreadable" });
  });
});

describe("a machine whose places were read", () => {
  it("is known to lack what they do not hold", () => {
    const tree = {
      "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu avx2\n",
      "/proc/version": "Linux version 5.4.0\n",
      "/sys/bus/pci/devices/0000:00:02.0/vendor": "0x8086\n",
      "/usr/lib/x86_64-linux-gnu/libc.so.6": "",
      "/usr/lib/x86_64-linux-gnu/libm.so.6": "",
    };
    const facts = detectFacts(fakeHost(tree, someUname("x86_64")), []);

    expect(facts.gpus).toMatchObject({ state: "known", value: [], confidence: "FIRM" });
    expect(facts.container).toMatchObject({ value: false });
    const absent = ["accelerator", "jetson", "driver", "cuda", "cudnn", "tensorrt"] as const;
    for (const key of absent) expect([key, facts[key].state]).toEqual([key, "absent"]);
    expect(driftOf(facts, someJob())).toMatchObject({ drift: "DRIFTED", runnable: "WILL_NOT_RUN" });
  });
});

function driftOf(facts: DeviceFacts, job: ReturnType<typeof someJob>) {
  const { drift, runnable, findings } = compare(someInput({ job, facts, deployed: null }));
  const machine = findings.filter(({ rule }) => !/^job\.|^compiler\.options$|^device\.memory$/.test(rule));
  const seen = machine.filter(({ outcome }) => outcome === "MATCH" || outcome === "DRIFT").map(({ rule }) => rule);
  return { drift, runnable, seen };
}
