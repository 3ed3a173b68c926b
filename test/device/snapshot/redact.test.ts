import { describe, expect, it } from "vitest";
import { redact } from "../../../src/device/snapshot/redact.js";
import { snapshotFiles } from "../../../src/device/snapshot/snapshot-files.js";
import { encodeTar } from "../../../src/platform/tar.js";
import { startCpuTime } from "../../cpu-time.js";
import { type FakeTree, treeFrom } from "../fake-host.js";

const NAMES = { users: ["alice"], hosts: ["press-7.plant.example", "press-7"] };
const PERSONAL: FakeTree = {
  "/proc/cpuinfo": "processor\t: 0\nSerial\t\t: 100000003d1d1c36\n",
  "/proc/self/mountinfo": "36 35 98:0 / / rw - nfs4 press-7.plant.example:/export/line4 rw,addr=10.20.30.40\n",
  "/proc/1/cgroup": "0::/docker/3f4e5d6c7b8a9f0e1d2c3b4a5f6e7d8c\n",
  "/proc/device-tree/serial-number": "1423019054321\0",
  "/etc/hostname": "press-7\n",
  "/etc/fstab": "UUID=4fb9c8e1-7d2a-4c51-9b7e-2a6f0d3c1b5e /\n# ask bob.smith@plant.example\n",
  "/var/lib/dpkg/status":
    "Package: libnvinfer8\nStatus: install ok installed\nMaintainer: cudatools <cudatools@nvidia.com>\nVersion: 8.2.1.8-1+cuda10.2\nArchitecture: arm64\nDescription: for alice\n\n",
  "/home/alice/.local/lib/libnvinfer.so.8.2.1": "ELF",
  "/usr/lib/libfoo.so": { link: "/home/alice/build/libfoo.so" },
  "/etc/ld.so.conf.d/own.conf": "/home/alice/lib\n",
  "/sys/class/net/eth0/address": "48:b0:2d:3c:4e:5f\n",
};
const SECRETS = [
  "100000003d1d1c36",
  "press-7",
  "10.20.30.40",
  "3f4e5d6c7b8a9f0e",
  "1423019054321",
  "4fb9c8e1",
  "bob.smith",
  "cudatools@",
  "alice",
  "48:b0:2d",
];

describe("redact", () => {
  it("leaves nothing personal in the archive", () => {
    const told = treeFrom(PERSONAL);
    const environment = new Map([["com.example.A LD_LIBRARY_PATH", "/home/alice/lib:/opt/lib"]]);
    const { tree, replaced } = redact({ ...told, answers: { ...told.answers, environment } }, NAMES);
    const archive = Buffer.from(encodeTar(snapshotFiles(tree, "1.2.3"))).toString("latin1");

    expect(SECRETS.filter((secret) => archive.includes(secret))).toEqual([]);
    expect(replaced).toEqual([
      "hardware addresses",
      "host names",
      "identifiers",
      "mail addresses",
      "network addresses",
      "serial numbers",
      "user names",
    ]);
  });

  it("replaces mail addresses one after another", () => {
    const tree = { "/etc/os-release": "a.b+c@d.ef+g@h-i.jk, x@y, @z.de, l@m@n.op" };
    const { tree: redacted, replaced } = redact(treeFrom(tree), NAMES);

    expect(redacted.nodes).toEqual(treeFrom({ "/etc/os-release": "0.0+0@0.00+0@0-0.00, x@y, @z.de, l@0@0.00" }).nodes);
    expect(replaced).toEqual(["mail addresses"]);
  });

  it.each([
    ["word characters", "x".repeat(200_000)],
    ["blanks", " ".repeat(200_000)],
    ["mail signs", "a@".repeat(100_000)],
    ["slashes", "home/".repeat(40_000)],
  ])("reads 200 KB of %s in linear time", (_, text) => {
    const cpuMs = startCpuTime();
    redact(treeFrom({ "/proc/cpuinfo": text, "/var/lib/dpkg/status": text }), NAMES);

    expect(cpuMs()).toBeLessThan(1_000);
  });

  it("keeps versions that look like addresses, and names that are words", () => {
    const tree: FakeTree = {
      "/etc/nv_tegra_release": "# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t186ref\n",
      "/usr/lib/libnvinfer.so.8.2.1": "8.2.1.8",
      "/usr/local/cuda/version.txt": "CUDA Version 10.2.300\n",
      "/var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nVersion: 8.2.1.8\n\n",
      "/etc/os-release": 'ID=ubuntu\nVERSION_ID="18.04"\n',
    };

    const { tree: redacted, replaced } = redact(treeFrom(tree), { users: ["nvidia", "ubuntu"], hosts: ["tegra"] });

    expect(redacted.nodes).toEqual(treeFrom(tree).nodes);
    expect(replaced).toEqual([]);
  });

  it("replaces bytes one for one, so that offsets in a binary cache stay right", () => {
    const cache = "glibc-ld.so.cache1.1\0/home/alice/lib/libcuda.so.1\0/home/bo/x\0";
    const { tree } = redact(treeFrom({ "/etc/ld.so.cache": cache }), NAMES);
    const node = tree.nodes.get("/etc/ld.so.cache");

    expect(node).toEqual({
      kind: "file",
      content: Buffer.from("glibc-ld.so.cache1.1\0/home/u1___/lib/libcuda.so.1\0/home/u2/x\0"),
    });
  });
});
