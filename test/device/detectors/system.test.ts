import { describe, expect, it } from "vitest";
import { detectContainer } from "../../../src/device/detectors/container.js";
import { parseCpuinfo } from "../../../src/device/detectors/cpu.js";
import { parseTegraRelease } from "../../../src/device/detectors/l4t.js";
import { detectMemory } from "../../../src/device/detectors/memory.js";
import { detectDistro, parseOsRelease } from "../../../src/device/detectors/system.js";
import { parseElf, parseLdd } from "../../../src/device/detectors/userland.js";
import { fakeHost } from "../fake-host.js";

describe("parseOsRelease", () => {
  it("reads quoted, single-quoted and bare values, and skips other lines", () => {
    const text = `# comment\nID=ubuntu\r\nVERSION_ID="18.04"\n NAME='A "b"'\nPRETTY_NAME="a \\"b\\" \\$c"\nlower=x\nbroken`;

    expect(Object.fromEntries(parseOsRelease(text))).toEqual({
      ID: "ubuntu",
      VERSION_ID: "18.04",
      NAME: 'A "b"',
      PRETTY_NAME: 'a "b" $c',
    });
  });
});

describe("detectDistro", () => {
  it("looks in /usr/lib where /etc has none, and needs no version", () => {
    expect(detectDistro(fakeHost({ "/usr/lib/os-release": "ID=arch\n" }))).toMatchObject({
      value: { id: "arch", version: null },
      from: "/usr/lib/os-release",
    });
    expect(detectDistro(fakeHost({ "/etc/os-release": "\0\x01binary" }))).toMatchObject({ state: "unreadable" });
  });
});

describe("parseLdd", () => {
  it.each([
    [`  echo 'ldd (Ubuntu GLIBC 2.27-3ubuntu1.6) 2.27'`, "2.27"],
    [`  printf "ldd %s%s\\n" "(Debian GLIBC 2.36-9+deb12u9) " "2.36"`, "2.36"],
    [`  printf "ldd %s%s\\n" "(GNU libc) " "2.17"`, "2.17"],
    ["musl libc (x86_64)\nVersion 1.2.4", null],
  ])("reads %j", (text, version) => expect(parseLdd(text)).toBe(version));
});

describe("parseElf", () => {
  it("reads both byte orders and recognises what is not a program", () => {
    const parse = (text: string) => parseElf(Buffer.from(text, "latin1"));
    expect(parse(`\x7fELF\x02\x02\x01${"\0".repeat(11)}\0\x15${"\0".repeat(10)}`)).toEqual({
      bits: 64,
      machine: "ppc64",
    });
    expect(parse("#!/bin/sh\necho not a program")).toBeNull();
    expect(parse("\x7fELF\x03\x01".padEnd(64, "\0"))).toBeNull();
    expect(parse("\x7fELF")).toBeNull();
  });
});

describe("parseCpuinfo", () => {
  it("keeps only the features that every core has", () => {
    expect(parseCpuinfo(`${arm(0, "0xd05", "fp asimd crc32")}\n${arm(1, "0xd0b", "fp asimd atomics")}`)).toEqual({
      name: "Cortex-A76 + Cortex-A55",
      cores: 2,
      part: "0x41/0xd05",
      features: ["asimd", "fp"],
    });
  });

  it("has no name for an unknown core, and reads the old form with one block for all", () => {
    const old =
      "Processor\t: AArch64 Processor rev 0 (aarch64)\nprocessor\t: 0\nprocessor\t: 1\nFeatures\t: fp asimd\nCPU implementer\t: 0x4e\nCPU part\t: 0x000\n";

    expect(parseCpuinfo(arm(0, "0xfff", "fp"))).toMatchObject({ name: null, part: "0x41/0xfff" });
    expect(parseCpuinfo(old)).toEqual({
      name: "NVIDIA Denver",
      cores: 2,
      part: "0x4e/0x000",
      features: ["asimd", "fp"],
    });
  });

  it("has no features where no line lists them, and is null for another text", () => {
    expect(parseCpuinfo("processor : 0\nmodel name : X\n")).toEqual({ name: "X", cores: 1, part: null, features: [] });
    expect(parseCpuinfo("\x7fELF")).toBeNull();
  });
});

describe("parseTegraRelease", () => {
  it.each([
    ["# R32 (release), REVISION: 5.0, GCID: 1, BOARD: t186ref", "32.5.0"],
    ["# R28 (release), REVISION: 2, GCID: 1", "28.2.0"],
    ["# R39 (release), REVISION: 2.0, GCID: 1, BOARD: generic, DATE: Wed 09:28:48 PM UTC", "39.2.0"],
    ["# R32 (release)", null],
    ["R32.7.1", null],
    ["", null],
  ])("reads %j", (text, l4t) => expect(parseTegraRelease(text)).toBe(l4t));
});

describe("detectContainer", () => {
  it.each([
    { "/.dockerenv": "" },
    { "/run/.containerenv": "" },
    { "/proc/1/cgroup": "12:memory:/kubepods/besteffort/pod1\n" },
    { "/proc/1/cgroup": "1:name=systemd:/docker/36017\n" },
    {
      "/proc/self/mountinfo": "1 2 0:3 / / rw,relatime - overlay overlay rw,upperdir=/var/lib/docker/overlay2/a/diff\n",
    },
    { "/run/systemd/container": "lxc\n" },
    { "/.singularity.d/labels.json": "{}" },
    { "/proc/self/mountinfo": "1 2 0:5 /proc/cpuinfo /proc/cpuinfo rw - fuse.lxcfs lxcfs rw\n" },
    { "/proc/self/mountinfo": "1 2 8:2 /var/lib/kubelet/pods/0a/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n" },
    { "/proc/self/mountinfo": "1 2 8:2 /var/lib/docker/containers/3f/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n" },
  ])("recognises a container by %j", (tree) => {
    expect(detectContainer(fakeHost(tree as unknown as Record<string, string>))).toMatchObject({
      state: "known",
      value: true,
    });
  });

  it("is unknown without any of these files", () => {
    expect(detectContainer(fakeHost({ "/etc/os-release": "ID=x\n" })).state).toBe("unreadable");
  });

  it.each([
    { "/proc/cpuinfo": "", "/proc/version": "" },
    { "/proc/1/cgroup": "0::/init.scope\n" },
    { "/proc/self/mountinfo": "1 2 8:1 / / rw - ext4 /dev/sda1 rw\n" },
    { "/proc/self/mountinfo": "1 2 0:5 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw\n" },
    {
      "/proc/self/mountinfo":
        "1 2 0:6 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw,upperdir=/docker/a\n",
    },
    { "/proc/self/mountinfo": "1 2 8:2 /var/lib/kubelet/pods/0a/etc-hosts /mnt/hosts rw - ext4 /dev/sda1 rw\n" },
    { "/run/systemd/container": "wsl\n", "/proc/1/cgroup": "0::/init.scope\n" },
  ])("recognises a host by %j", (tree) => {
    expect(detectContainer(fakeHost(tree as unknown as Record<string, string>))).toMatchObject({
      state: "known",
      value: false,
    });
  });
});

describe("detectMemory", () => {
  it("counts bytes, and does not know what is available on an old kernel", () => {
    expect(detectMemory(fakeHost({ "/proc/meminfo": "MemTotal:       32654348 kB\nMemFree: 1 kB\n" }))).toMatchObject({
      value: { totalBytes: 32654348 * 1024, availableBytes: null },
    });
    expect(detectMemory(fakeHost({ "/proc/meminfo": "garbage" }))).toMatchObject({ state: "unreadable" });
  });
});

function arm(processor: number, part: string, features: string): string {
  return `processor\t: ${processor}\nmodel name\t: ARMv8 Processor rev 0 (v8l)\nFeatures\t: ${features}\nCPU implementer\t: 0x41\nCPU part\t: ${part}\n`;
}
