import { describe, expect, it } from "vitest";
import { readPackages, upstreamVersion } from "../../src/device/dpkg.js";
import { fakeHost } from "./fake-host.js";

describe("readPackages", () => {
  it("lists what is installed or held, but nothing that was removed or half unpacked", () => {
    const status = [
      stanza("libnvinfer7", "7.1.3-1+cuda10.2", "deinstall ok config-files"),
      stanza("libnvinfer8", "8.2.1-1+cuda10.2", "hold ok installed"),
      stanza("libcudnn8", "8.2.1.32-1+cuda10.2", "install ok half-installed"),
      stanza("libcudnn7", "7.6.5", "install ok triggers-pending"),
      stanza("tensorrt", "8.2.1.8-1", "purge ok not-installed"),
    ];

    expect(packagesIn(status.join("\n"))).toEqual([
      { name: "libnvinfer8", version: "8.2.1-1+cuda10.2" },
      { name: "libcudnn7", version: "7.6.5" },
    ]);
  });

  it("reads fields in any order, and no continuation line as a field", () => {
    const status =
      "Version: 1:10.2.89-1\nDescription: text\n Version: 9.9\n Package: tensorrt\nPackage: cuda-cudart-10-2\nStatus: install ok installed\r\n\n" +
      "Package: libc6\nStatus: install ok installed\nDescription: a\n .\n Status: deinstall\nVersion: 2.27-3ubuntu1.6";

    expect(packagesIn(status)).toEqual([
      { name: "cuda-cudart-10-2", version: "10.2.89-1" },
      { name: "libc6", version: "2.27-3ubuntu1.6" },
    ]);
  });

  it("passes over packages whose names only begin alike, and those of another architecture", () => {
    const status = [
      stanza("cuda-cudart-dev-10-2", "10.2.89-1"),
      stanza("libnvinfer-plugin8", "8.2.1-1"),
      stanza("xlibnvinfer8", "8.2.1-1"),
      stanza("libc6", "2.31-0ubuntu9", "install ok installed", "i386"),
      stanza("libc6", "2.31-0ubuntu9", "install ok installed", "amd64"),
    ];

    expect(packagesIn(status.join("\n"))).toEqual([{ name: "libc6", version: "2.31-0ubuntu9" }]);
  });

  it("finds the same in a large file, whatever boundary a piece has", () => {
    const filler = Array.from({ length: 300 }, (_, i) => stanza(`package-${i}`, "1.0"));
    for (let shift = 0; shift < 97; shift++) {
      const status = [stanza("x".repeat(shift + 1), "1"), ...filler, stanza("tensorrt", "7.1.3.0-1"), ...filler];

      expect(packagesIn(status.join("\n"))).toEqual([{ name: "tensorrt", version: "7.1.3.0-1" }]);
    }
  });

  it("says why it could not read, and returns nothing without dpkg", () => {
    const unreadable = fakeHost({ "/var/lib/dpkg/status": { unreadable: "input/output error" } });

    expect(readPackages(unreadable, null)).toEqual({
      packages: [],
      isThere: true,
      problem: "input/output error",
    });
    expect(readPackages(fakeHost({}), null)).toEqual({ packages: [], isThere: false, problem: null });
  });
});

describe("upstreamVersion", () => {
  it.each([
    ["8.0.0.180-1+cuda10.2", "8.0.0.180"],
    ["11.5.117~11.5.1-1ubuntu1", "11.5.117"],
    ["2.27-3ubuntu1.6", "2.27"],
    ["9", "9"],
    ["unknown", null],
    ["8.2x", null],
  ])("of %s is %s", (version, upstream) => expect(upstreamVersion(version)).toBe(upstream));
});

function packagesIn(status: string) {
  return readPackages(fakeHost({ "/var/lib/dpkg/status": status }), "X86_64").packages;
}

function stanza(name: string, version: string, status = "install ok installed", architecture = "amd64"): string {
  return `Package: ${name}\nStatus: ${status}\nArchitecture: ${architecture}\nVersion: ${version}\nDescription: x\n more\n`;
}
