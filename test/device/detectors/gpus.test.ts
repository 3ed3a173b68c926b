import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { summarize } from "../../../src/device/summary.js";
import { type FakeTree, fakeHost, someUname } from "../fake-host.js";

describe("detectGpus", () => {
  it("counts VGA and 3D functions of NVIDIA only", () => {
    const { gpus } = summaryOf({
      ...pci("0000:01:00.0", "0x2504", "0x030000"),
      ...pci("0000:01:00.1", "0x228e", "0x040300"),
      ...pci("0000:02:00.0", "0x22a3", "0x068000"),
      ...pci("0000:03:00.0", "0x229e", "0x060400"),
      ...pci("0000:04:00.0", "0x2000", "0x030000", "0x1a03"),
      ...DRIVER,
    });

    expect(gpus?.map(({ pciId }) => pciId)).toEqual(["10de:2504"]);
  });

  it.each([
    ["nouveau", "nouveau"],
    ["vfio-pci", "vfio-pci"],
  ])("lists a GPU that %s holds, but no accelerator", (driver, boundTo) => {
    const { gpus, accelerator, sm, readings } = summaryOf({
      ...pci("0000:01:00.0", "0x1eb8", "0x030200"),
      "/sys/bus/pci/devices/0000:01:00.0/driver": { link: `../../../bus/pci/drivers/${driver}` },
      ...DRIVER,
    });

    expect(gpus).toEqual([{ ...T4, boundTo }]);
    expect({ accelerator, sm }).toEqual({ accelerator: null, sm: null });
    expect(readings.accelerator.from).toContain(`is bound to ${driver}`);
  });

  it("reads the driver from uevent, and a function without one as not driven", () => {
    const gpu = pci("0000:01:00.0", "0x1eb8", "0x030200");
    const uevent = "/sys/bus/pci/devices/0000:01:00.0/uevent";

    expect(summaryOf({ ...gpu, [uevent]: "DRIVER=nvidia\nPCI_ID=10DE:1EB8\n" }).accelerator).toBe("NVIDIA");
    expect(summaryOf({ ...gpu, ...DRIVER, [uevent]: "PCI_CLASS=30200\nPCI_ID=10DE:1EB8\n" }).accelerator).toBeNull();
    expect(summaryOf({ ...gpu, "/sys/module/vfio_pci/refcnt": "1" }).gpus).toEqual([{ ...T4, boundTo: "vfio-pci" }]);
    expect(summaryOf(gpu).gpus).toEqual([T4]);
  });

  it("has no common compute capability for GPUs that differ", () => {
    const both = {
      ...pci("0000:01:00.0", "0x1eb8", "0x030200"),
      ...pci("0000:02:00.0", "0x2237", "0x030200"),
      ...DRIVER,
    };
    const { sm, computeCapability, gpus } = summaryOf(both);

    expect(gpus?.map((gpu) => gpu.computeCapability)).toEqual(["7.5", "8.6"]);
    expect({ sm, computeCapability }).toEqual({ sm: null, computeCapability: null });
  });

  it("counts only usable GPUs for the common compute capability", () => {
    const { sm } = summaryOf({
      ...pci("0000:01:00.0", "0x1eb8", "0x030200"),
      ...pci("0000:02:00.0", "0x2237", "0x030200"),
      "/sys/bus/pci/devices/0000:02:00.0/driver": { link: "../drivers/vfio-pci" },
      ...DRIVER,
    });

    expect(sm).toBe("sm_75");
  });

  it("recognises a GPU with an unknown id, without chip and capability", () => {
    const { gpus, accelerator, sm } = summaryOf({ ...pci("0000:01:00.0", "0x7fff", "0x030000"), ...DRIVER });

    expect(gpus).toEqual([{ ...T4, pciId: "10de:7fff", chip: null, computeCapability: null }]);
    expect({ accelerator, sm }).toEqual({ accelerator: "NVIDIA", sm: null });
  });

  it("falls back to the PCI header, and takes out GPUs that the driver excludes", () => {
    const config = new Uint8Array(64);
    config.set([0xde, 0x10, 0xb8, 0x1e, 0, 0, 0, 0, 0xa1, 0x00, 0x02, 0x03]);
    const { gpus, accelerator } = summaryOf({
      "/sys/bus/pci/devices/0000:01:00.0/config": config,
      "/proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t Tesla T4\nGPU Excluded:\t Yes\n",
    });

    expect(gpus).toEqual([{ ...T4, name: "Tesla T4" }]);
    expect(accelerator).toBeNull();
  });

  it("names GPUs by the driver alone where the PCI bus is hidden", () => {
    const { gpus, accelerator, driver } = summaryOf({
      "/proc/driver/nvidia/gpus/0000:3b:00.0/information": "Model: \t\t Tesla T4\nGPU Firmware: \t 570.124.06\n",
    });

    expect(gpus).toEqual([
      { ...T4, name: "Tesla T4", pciId: null, address: "0000:3b:00.0", chip: null, computeCapability: null },
    ]);
    expect({ accelerator, driver }).toEqual({ accelerator: "NVIDIA", driver: "570.124.06" });
  });

  it("sees the GPU that WSL2 hands in, without knowing which", () => {
    const { gpus, accelerator } = summaryOf({
      "/dev/dxg": { kind: "character device" },
      "/usr/lib/wsl/lib/libcuda.so.1": "",
    });

    expect(gpus).toEqual([{ ...T4, pciId: null, address: null, chip: null, computeCapability: null }]);
    expect(accelerator).toBe("NVIDIA");
  });

  it("reports no accelerator in a container without the GPU's device nodes", () => {
    const inside: FakeTree = {
      ...pci("0000:01:00.0", "0x1eb8", "0x030200"),
      ...DRIVER,
      "/.dockerenv": "",
      "/dev/null": { kind: "character device" },
    };

    expect(summaryOf(inside).accelerator).toBeNull();
    // A copy has no device nodes at all and so cannot tell.
    expect(summaryOf({ ...inside, "/dev/null": "" }).accelerator).toBe("NVIDIA");
    expect(summaryOf({ ...inside, "/dev/nvidiactl": { kind: "character device" } }).accelerator).toBe("NVIDIA");
  });

  it("does not say that there is no GPU where the bus cannot be listed", () => {
    const { readings } = summaryOf({ "/sys/bus/pci/devices": { unreadable: "permission denied" } });

    expect(readings.gpus).toEqual({ state: "unreadable", from: "/sys/bus/pci/devices", why: "permission denied" });
    expect(readings.accelerator).toEqual(readings.gpus);
  });
});

const DRIVER: FakeTree = { "/sys/module/nvidia/version": "535.129.03\n" };
const T4 = {
  integrated: false,
  name: null,
  pciId: "10de:1eb8",
  address: "0000:01:00.0",
  chip: "TU104",
  computeCapability: "7.5",
};

function pci(address: string, device: string, kind: string, vendor = "0x10de"): FakeTree {
  const folder = `/sys/bus/pci/devices/${address}`;
  return { [`${folder}/vendor`]: `${vendor}\n`, [`${folder}/device`]: `${device}\n`, [`${folder}/class`]: `${kind}\n` };
}

function summaryOf(tree: FakeTree) {
  const summary = summarize(detectFacts(fakeHost(tree, someUname())));
  return summary;
}
