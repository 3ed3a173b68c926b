import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { terminalText } from "../../src/base/terminal-text.js";
import { detectFacts } from "../../src/device/detect.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { renderFacts } from "../../src/device/render-facts.js";
import { fakeHost, someUname } from "./fake-host.js";

const HOSTS = join(dirname(fileURLToPath(import.meta.url)), "../hosts");

describe("renderFacts", () => {
  it("shows value, place, and what is disputed, inferred, missing or not readable", () => {
    const facts = detectFacts(
      fakeHost(
        {
          "/etc/nv_tegra_release": "# R32 (release), REVISION: 7.1, GCID: 1",
          "/proc/device-tree/compatible": "nvidia,p2822-0000+p2888-0001\0nvidia,tegra194\0",
          "/usr/local/cuda/version.txt": "CUDA Version 10.2.89\n",
          "/var/lib/dpkg/status": "Package: cuda-cudart-10-2\nStatus: install ok installed\nVersion: 10.2.300-1\n",
          "/etc/os-release": { unreadable: "permission denied" },
        },
        someUname("aarch64"),
      ),
    );
    const lines = renderFacts(facts, { colour: false, width: 100 }).split("\n");

    expect(lines.filter((line) => /^ {2}. (?:distro|glibc|gpus|jetson|l4t|jetpack|cuda) |^ {17}≠/.test(line))).toEqual([
      "  ? distro       not readable                        /etc/os-release: permission denied",
      "  ? glibc        not readable                        /usr/bin/ldd: there is no such file to read",
      "  ✓ gpus         integrated GV11B, compute 7.2       /proc/device-tree/compatible +1 more",
      "  ✓ jetson       AGX Xavier, tegra194, p2888-0001    /proc/device-tree/compatible",
      "  ✓ l4t          32.7.1                              /etc/nv_tegra_release",
      "  ~ jetpack      4.6.1                               table of L4T releases (32.7.1)",
      "  ≠ cuda         10.2                                /usr/local/cuda/version.txt",
      "                 ≠ 10.2.89  in /usr/local/cuda/version.txt",
      "                 ≠ 10.2.300  in /var/lib/dpkg/status (cuda-cudart-10-2)",
    ]);
  });

  it("fits 100 columns on every known machine, and colours without changing the text", () => {
    for (const name of readdirSync(HOSTS)) {
      const facts = detectFacts(linuxHost(join(HOSTS, name)));
      const text = renderFacts(facts, { colour: false, width: 100 });

      expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
      expect(renderFacts(facts, { colour: true, width: 100 }).replace(/\x1b\[\d+m/g, "")).toBe(text);
    }
  });

  it("uses only colours that may be written to a terminal", () => {
    const text = renderFacts(detectFacts(fakeHost({}, someUname("aarch64"))), { colour: true, width: 100 });

    expect(terminalText(text, true)).toBe(text);
  });

  it("lists several GPUs and several installed versions", () => {
    const gpu = (address: string, device: string) => ({
      [`/sys/bus/pci/devices/${address}/vendor`]: "0x10de",
      [`/sys/bus/pci/devices/${address}/device`]: device,
      [`/sys/bus/pci/devices/${address}/class`]: "0x030200",
    });
    const text = renderFacts(
      detectFacts(
        fakeHost(
          {
            ...gpu("0000:01:00.0", "0x1eb8"),
            ...gpu("0000:02:00.0", "0x2237"),
            "/sys/module/nvidia/version": "535.129.03\n",
            "/usr/lib/x86_64-linux-gnu/libnvinfer.so.7": { link: "libnvinfer.so.7.1.3" },
            "/usr/lib/x86_64-linux-gnu/libnvinfer.so.7.1.3": "",
            "/usr/lib/x86_64-linux-gnu/libnvinfer.so.8": { link: "libnvinfer.so.8.2.0" },
            "/usr/lib/x86_64-linux-gnu/libnvinfer.so.8.2.0": "",
          },
          someUname(),
        ),
      ),
      { colour: false, width: 100 },
    );

    expect(text).toContain("2 GPUs");
    expect(text).toContain("\n                 NVIDIA GPU TU104, compute 7.5 (0000:01:00.0)\n");
    expect(text).toContain("8.2.0 (several)");
    expect(text).toContain(
      "\n                 7.1.3 in /usr/lib/x86_64-linux-gnu/libnvinfer.so.7.1.3, the loader takes it\n",
    );
  });
});
