import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { type FakeTree, fakeHost, someUname } from "../fake-host.js";

const NODE = { kind: "character device" } as const;
const LOCKED = { kind: "character device", denied: "permission denied" } as const;

describe("detectAccess", () => {
  it("tells which device nodes and libraries of a Jetson this user may not open", () => {
    const { access } = detectFacts(
      fakeHost(
        {
          ...XAVIER,
          "/dev/null": NODE,
          "/dev/nvhost-gpu": LOCKED,
          "/dev/nvmap": NODE,
          "/dev/nvhost-vic": LOCKED,
          "/dev/nvgpu/igpu0/ctrl": NODE,
          "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1": "",
        },
        someUname("aarch64"),
      ),
    );

    expect(access).toEqual({
      state: "known",
      value: [
        { path: "/dev/nvgpu/igpu0/ctrl", allowed: true, why: null },
        { path: "/dev/nvhost-gpu", allowed: false, why: "permission denied" },
        { path: "/dev/nvmap", allowed: true, why: null },
        { path: "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1", allowed: true, why: null },
      ],
      from: "/dev",
      confidence: "FIRM",
    });
  });

  it("looks at character devices only", () => {
    const { access } = detectFacts(
      fakeHost(
        {
          "/sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de",
          "/sys/bus/pci/devices/0000:01:00.0/device": "0x1eb8",
          "/sys/bus/pci/devices/0000:01:00.0/class": "0x030200",
          "/dev/null": NODE,
          "/dev/nvidia0": NODE,
          "/dev/nvidiactl": "",
          "/dev/nvidia-modeset": LOCKED,
          "/dev/nvidia-uvm": LOCKED,
        },
        someUname(),
      ),
    );

    expect(access).toMatchObject({
      value: [
        { path: "/dev/nvidia-uvm", allowed: false, why: "permission denied" },
        { path: "/dev/nvidia0", allowed: true, why: null },
      ],
    });
  });

  it("cannot tell in a copied root, and has nothing to open without a GPU", () => {
    expect(detectFacts(fakeHost({ ...XAVIER, "/dev/nvmap": "" }, someUname("aarch64"))).access).toEqual({
      state: "unreadable",
      from: "/dev",
      why: "has no device nodes: only known on the machine itself",
    });
    expect(detectFacts(fakeHost({ "/proc/cpuinfo": "" }, someUname())).access).toMatchObject({
      state: "known",
      value: [],
    });
  });
});

const XAVIER: FakeTree = {
  "/etc/nv_tegra_release": "# R32 (release), REVISION: 7.1, GCID: 1",
  "/proc/device-tree/compatible": "nvidia,tegra194\0",
};
