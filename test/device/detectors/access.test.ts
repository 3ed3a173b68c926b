import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { type FakeTree, fakeHost, someUname } from "../fake-host.js";

const NODE = { kind: "character device" } as const;
const LOCKED = { kind: "character device", denied: "permission denied" } as const;

describe("detectAccess", () => {
  it("reports which device nodes and libraries of a Jetson this user may not open", () => {
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

  describe("with MIG", () => {
    const instance = (path: string, minor: number) => ({ [`${path}/access`]: `DeviceFileMinor: ${minor}\n` });
    const accessOf = (tree: FakeTree) => detectFacts(fakeHost({ ...A100, ...tree }, someUname())).access;
    const none = {
      path: "/proc/driver/nvidia/capabilities/gpu0/mig",
      allowed: false,
      why: "MIG is on, and no GPU instance has a compute instance",
    };

    it("reports a GPU whose instances have no compute instance, also in a copied root", () => {
      const value = [none];
      expect(accessOf({ ...instance(`${GPU0}/gi1`, 12), ...instance(`${GPU0}/gi2`, 21) })).toMatchObject({ value });
      expect(accessOf({ ...instance(`${GPU0}/gi1`, 12), "/dev/null": NODE })).toMatchObject({ value });
    });

    it.each([
      ["one instance has a compute instance", { ...instance(`${GPU0}/gi2/ci0`, 22) }],
      ["another GPU is not divided", { "/proc/driver/nvidia/capabilities/gpu1/mig": { kind: "folder" } as const }],
      ["another GPU has a compute instance", instance("/proc/driver/nvidia/capabilities/gpu1/mig/gi1/ci0", 100)],
      ["an instance cannot be listed", { [`${GPU0}/gi2`]: { unreadable: "permission denied" } }],
    ])("is unknown when %s", (_, tree) => {
      const { state } = accessOf({ ...instance(`${GPU0}/gi1`, 12), ...tree });

      expect(state).toBe("unreadable");
    });

    it("is unknown without a GPU instance: the folder is the same with MIG off", () => {
      expect(accessOf({ [GPU0]: { kind: "folder" } }).state).toBe("unreadable");
    });
  });

  it("is unknown in a copied root, and has nothing to open without a GPU", () => {
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

const GPU0 = "/proc/driver/nvidia/capabilities/gpu0/mig";

const A100: FakeTree = {
  "/sys/bus/pci/devices/0000:21:00.0/vendor": "0x10de",
  "/sys/bus/pci/devices/0000:21:00.0/device": "0x20b0",
  "/sys/bus/pci/devices/0000:21:00.0/class": "0x030200",
};

const XAVIER: FakeTree = {
  "/etc/nv_tegra_release": "# R32 (release), REVISION: 7.1, GCID: 1",
  "/proc/device-tree/compatible": "nvidia,tegra194\0",
};
