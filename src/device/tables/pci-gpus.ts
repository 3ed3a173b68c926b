/** A range of NVIDIA PCI device ids for one GPU chip. */
export interface PciGpuRange {
  readonly first: number;
  readonly last: number;
  /** Null if only the generation is known. */
  readonly chip: string | null;
  /** Null if no source states it. */
  readonly computeCapability: string | null;
  /** Part of a SoC, although it is a PCI device, and the SoC is a Tegra. */
  readonly integrated: boolean;
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  pciids:
    "pciutils/pciids 2026.08.22: chip names, runs widened to NVIDIA's blocks of 64 or 128 ids; compute capability: NVIDIA's list, families as in NVIDIA/k8s-device-plugin internal/lm",
  block: "the rest of a block whose known ids are all of one compute capability (pciutils/pciids 2026.08.22)",
  "no-cc": "pciutils/pciids 2026.08.22; no source tells the compute capability",
};

/**
 * NVIDIA's GPUs by PCI device id, ascending. Only for functions of class 0300 or 0302:
 * audio, USB and bridge functions use ids of the same blocks.
 */
export const PCI_GPUS: readonly PciGpuRange[] = [
  row(0x06c0, 0x06df, "GF100", "2.0"),
  row(0x0dc0, 0x0ddf, "GF106", "2.1"),
  row(0x0de0, 0x0dff, "GF108", "2.1"),
  row(0x0e22, 0x0e3f, "GF104", "2.1"),
  row(0x0f00, 0x0f1f, "GF108", "2.1"),
  row(0x0fc0, 0x0fff, "GK107", "3.0"),
  row(0x1001, 0x1023, "GK110", "3.5"),
  row(0x1024, 0x1024, "GK180", "3.5"),
  row(0x1025, 0x102c, "GK110", "3.5"),
  row(0x102d, 0x102d, "GK210", "3.7"),
  row(0x102e, 0x103f, "GK110", "3.5"),
  row(0x1040, 0x107f, "GF119", "2.1"),
  row(0x1080, 0x1099, "GF110", "2.0"),
  row(0x109a, 0x109f, "GF100", "2.0"),
  row(0x1140, 0x115f, "GF117", "2.1"),
  row(0x1180, 0x11bf, "GK104", "3.0"),
  row(0x11c0, 0x11ff, "GK106", "3.0"),
  row(0x1200, 0x121f, "GF114", "2.1"),
  row(0x1241, 0x125f, "GF116", "2.1"),
  row(0x1280, 0x12bf, "GK208", "3.5"),
  row(0x130b, 0x130b, "GK110", "3.5"),
  row(0x1340, 0x137f, "GM108", "5.0"),
  row(0x1380, 0x13ac, "GM107", "5.0"),
  row(0x13ad, 0x13ae, "GM204", "5.2"),
  row(0x13b0, 0x13bd, "GM107", "5.0"),
  row(0x13be, 0x13ff, "GM204", "5.2"),
  row(0x1400, 0x143f, "GM206", "5.2"),
  row(0x15c0, 0x15ff, "GP100", "6.0"),
  row(0x1613, 0x167f, "GM204", "5.2"),
  row(0x1725, 0x172f, "GP100", "6.0"),
  row(0x174d, 0x174e, "GM108", "5.0"),
  row(0x1789, 0x179c, "GM107", "5.0"),
  row(0x17c0, 0x17ff, "GM200", "5.2"),
  row(0x1b00, 0x1b7f, "GP102", "6.1"),
  row(0x1b80, 0x1bff, "GP104", "6.1"),
  row(0x1c00, 0x1c7f, "GP106", "6.1"),
  row(0x1c80, 0x1cff, "GP107", "6.1"),
  row(0x1d00, 0x1d7f, "GP108", "6.1"),
  row(0x1d80, 0x1dff, "GV100", "7.0"),
  row(0x1e00, 0x1e7f, "TU102", "7.5"),
  row(0x1e80, 0x1eff, "TU104", "7.5"),
  row(0x1f00, 0x1f7f, "TU106", "7.5"),
  row(0x1f80, 0x1fff, "TU117", "7.5"),
  row(0x2080, 0x20ff, "GA100", "8.0"),
  row(0x2180, 0x21ff, "TU116", "7.5"),
  row(0x2200, 0x227f, "GA102", "8.6"),
  row(0x2280, 0x22ff, null, "8.6", "block"),
  row(0x2300, 0x23ff, "GH100", "9.0"),
  row(0x2400, 0x247f, "GA103", "8.6"),
  row(0x2480, 0x24ff, "GA104", "8.6"),
  row(0x2500, 0x257f, "GA106", "8.6"),
  row(0x2580, 0x25ff, "GA107", "8.6"),
  row(0x2600, 0x267f, null, "8.9", "block"),
  row(0x2680, 0x26ff, "AD102", "8.9"),
  row(0x2700, 0x277f, "AD103", "8.9"),
  row(0x2780, 0x27ff, "AD104", "8.9"),
  row(0x2800, 0x287f, "AD106", "8.9"),
  row(0x2880, 0x28ff, "AD107", "8.9"),
  row(0x2900, 0x297f, "GB100", "10.0"),
  row(0x2980, 0x29ff, "GB102", "10.0"),
  { ...row(0x2b00, 0x2b00, "GB10B", "11.0"), integrated: true },
  row(0x2b80, 0x2bff, "GB202", "12.0"),
  row(0x2c00, 0x2c7f, "GB203", "12.0"),
  row(0x2c80, 0x2cff, null, "12.0", "block"),
  row(0x2d00, 0x2d7f, "GB206", "12.0"),
  row(0x2d80, 0x2dff, "GB207", "12.0"),
  row(0x2e00, 0x2e7f, "GB20B", "12.1"),
  row(0x2e80, 0x2eff, null, "12.1", "block"),
  row(0x2f00, 0x2f7f, "GB205", "12.0"),
  row(0x3000, 0x307f, "GR100", null, "no-cc"),
  row(0x30c0, 0x30c0, "GR102", null, "no-cc"),
  row(0x3180, 0x31ff, "GB110", "10.3"),
  row(0x3200, 0x323f, "GB112", null, "no-cc"),
  row(0x3340, 0x3340, "GB120", null, "no-cc"),
];

/** The range that contains a device id; null if the table has none. */
export function pciGpu(deviceId: number): PciGpuRange | null {
  return PCI_GPUS.find((row) => deviceId >= row.first && deviceId <= row.last) ?? null;
}

function row(
  first: number,
  last: number,
  chip: string | null,
  computeCapability: string | null,
  source = "pciids",
): PciGpuRange {
  return { first, last, chip, computeCapability, integrated: false, source };
}
