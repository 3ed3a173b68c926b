import { describe, expect, it } from "vitest";
import { compareVersionTexts, versionNumbers } from "../../../src/base/version.js";
import { ARM_CORES, SOURCES as ARM_SOURCES, armCore } from "../../../src/device/tables/arm-cores.js";
import { SOURCES as CPU_SOURCES, CPU_TARGETS, cpuTarget, featuresOf } from "../../../src/device/tables/cpu-targets.js";
import { COMPATIBILITY_PACKAGES, compatibilityPackage } from "../../../src/device/tables/cuda-compat.js";
import {
  CUDA_DRIVERS,
  CUDA_MAJOR_DRIVERS,
  SOURCES as CUDA_SOURCES,
  minimumDriver,
} from "../../../src/device/tables/cuda-drivers.js";
import {
  JETPACK_MAJORS,
  JETPACK_RELEASES,
  SOURCES as JETPACK_SOURCES,
  jetpackCandidates,
  jetpackMajor,
} from "../../../src/device/tables/jetpack-releases.js";
import {
  JETSON_MODELS,
  JETSON_MODULES,
  JETSON_NAMES,
  SOURCES as JETSON_SOURCES,
} from "../../../src/device/tables/jetson-modules.js";
import { PCI_GPUS, SOURCES as PCI_SOURCES, pciGpu } from "../../../src/device/tables/pci-gpus.js";
import {
  TEGRA_SOCS,
  SOURCES as TEGRA_SOURCES,
  tegraByChipId,
  tegraSoc,
} from "../../../src/device/tables/tegra-socs.js";

describe.each([
  ["Tegra", TEGRA_SOCS, TEGRA_SOURCES],
  ["Jetson modules", JETSON_MODULES, JETSON_SOURCES],
  ["Jetson names", JETSON_NAMES, JETSON_SOURCES],
  ["Jetson models", JETSON_MODELS, JETSON_SOURCES],
  ["JetPack", JETPACK_RELEASES, JETPACK_SOURCES],
  ["PCI", PCI_GPUS, PCI_SOURCES],
  ["CUDA drivers", CUDA_DRIVERS, CUDA_SOURCES],
  ["CUDA majors", CUDA_MAJOR_DRIVERS, CUDA_SOURCES],
  ["CPU targets", CPU_TARGETS, CPU_SOURCES],
  ["ARM cores", ARM_CORES, ARM_SOURCES],
] as const)("the %s table", (_name, rows, sources) => {
  it("has a source that exists for every row, and no row twice", () => {
    expect(rows.filter(({ source }) => sources[source] === undefined)).toEqual([]);
    expect(new Set(rows.map((row) => String(Object.values(row)[0]))).size).toBe(rows.length);
  });
});

describe("the Tegra table", () => {
  it("has one SoC for each chip id, capability and core", () => {
    expect(new Set(TEGRA_SOCS.map(({ chipId }) => chipId)).size).toBe(TEGRA_SOCS.length);
    expect(new Set(TEGRA_SOCS.map(({ computeCapability }) => computeCapability)).size).toBe(TEGRA_SOCS.length);
    const cores = TEGRA_SOCS.flatMap(({ ownCores }) => ownCores);
    expect(new Set(cores).size).toBe(cores.length);
    expect(cores.filter((core) => armCore(core) === null)).toEqual([]);
    expect([25, 0x23, 24, 33, 38, 64].map((id) => tegraByChipId(id)?.soc)).toEqual([
      "tegra194",
      "tegra234",
      "tegra186",
      "tegra210",
      "tegra264",
      "tegra124",
    ]);
  });
});

describe("the Jetson tables", () => {
  it("name SoCs that exist, in the family that the SoC has", () => {
    for (const { soc, family } of [...JETSON_MODULES, ...JETSON_NAMES, ...JETSON_MODELS]) {
      expect(tegraSoc(soc)?.soc).toBe(soc);
      expect([family, null]).toContain(tegraSoc(soc)?.family);
    }
  });

  it("hold modules in ascending order", () => {
    const modules = JETSON_MODULES.map(({ module }) => module);
    expect(modules).toEqual([...modules].sort());
  });

  it("have no model pattern that an earlier one hides", () => {
    const models = [
      ["Jetson-AGX", "AGX Xavier"],
      ["jetson-xavier", "AGX Xavier"],
      ["NVIDIA Jetson Xavier NX Developer Kit (eMMC)", "Xavier NX"],
      ["NVIDIA Jetson AGX Xavier Industrial", "AGX Xavier Industrial"],
      ["NVIDIA Orin Jetson-Small Developer Kit", "AGX Orin"],
      ["Jetson AGX Orin Industrial", "AGX Orin Industrial"],
      ["NVIDIA Orin Nano Developer Kit", "Orin Nano"],
      ["NVIDIA Jetson Orin NX Engineering Reference Developer Kit Super", "Orin NX"],
      ["NVIDIA Jetson Nano 2GB Developer Kit", "Nano 2GB dev kit"],
      ["NVIDIA Jetson Nano Developer Kit", "Nano 4GB"],
      ["quill", "TX2"],
      ["lanai-3636", "TX2 NX"],
      ["jetson_tx1", "TX1"],
      ["NVIDIA Jetson AGX Thor Developer Kit", "AGX Thor"],
    ] as const;

    expect(
      models.map(([model]) => JETSON_MODELS.find(({ pattern }) => pattern.test(model.replace(/[_-]/g, " ")))?.product),
    ).toEqual(models.map(([, product]) => product));
  });
});

describe("the JetPack table", () => {
  it("holds three-part releases in ascending order, of known SoCs and majors", () => {
    const releases = JETPACK_RELEASES.map(({ l4t }) => l4t);
    expect(releases).toEqual([...releases].sort(compareVersionTexts));
    expect(releases.filter((l4t) => versionNumbers(l4t)?.length !== 3)).toEqual([]);
    expect(JETPACK_RELEASES.filter(({ socs }) => socs.length === 0 || socs.some((soc) => !tegraSoc(soc)))).toEqual([]);
    for (const { l4t, jetpacks } of JETPACK_RELEASES) {
      for (const jetpack of jetpacks) expect(jetpack.startsWith(`${jetpackMajor(l4t)}.`)).toBe(true);
    }
  });

  it("never lowers a library's version within a JetPack major", () => {
    for (const key of ["cuda", "tensorrt", "cudnn", "glibc"] as const) {
      for (const { jetpack } of JETPACK_MAJORS) {
        const versions = JETPACK_RELEASES.filter(({ l4t }) => jetpackMajor(l4t) === jetpack).flatMap(
          (row) => row[key] ?? [],
        );
        expect(versions).toEqual([...versions].sort(compareVersionTexts));
      }
    }
  });

  it("holds only versions that are versions", () => {
    for (const { cuda, tensorrt, cudnn, glibc, kernel } of JETPACK_RELEASES) {
      for (const version of [cuda, tensorrt, cudnn, glibc, kernel]) {
        if (version !== null) expect(versionNumbers(version)).not.toBeNull();
      }
    }
  });

  it.each([
    ["32.7.1", ["4.6.1"]],
    ["28.2.1", ["3.2.1", "3.3"]],
    ["36.5.2", ["6.x"]],
    ["32.9.9", ["4.x"]],
    ["34.9.0", ["5.x"]],
    ["40.0.0", []],
  ])("says of L4T %s that JetPack can be %j", (l4t, candidates) => expect(jetpackCandidates(l4t)).toEqual(candidates));
});

describe("the PCI table", () => {
  it("ascends without overlap", () => {
    for (const [i, row] of PCI_GPUS.entries()) {
      expect(row.last).toBeGreaterThanOrEqual(row.first);
      expect(row.first).toBeGreaterThan(PCI_GPUS[i - 1]?.last ?? 0);
    }
  });

  it("has no gap in the blocks of the generations that drivers support", () => {
    const holes: string[] = [];
    for (const [first, last] of [
      [0x1b00, 0x1fff],
      [0x2200, 0x29ff],
      [0x2b80, 0x2f7f],
    ] as const) {
      for (let id = first; id <= last; id++) if (!pciGpu(id)) holes.push(id.toString(16));
    }
    expect(holes).toEqual([]);
  });

  it("has one compute capability for each chip", () => {
    const chips = new Map<string, Set<string | null>>();
    for (const { chip, computeCapability } of PCI_GPUS) {
      if (chip !== null) chips.set(chip, (chips.get(chip) ?? new Set()).add(computeCapability));
    }
    expect([...chips].filter(([, capabilities]) => capabilities.size !== 1)).toEqual([]);
  });

  it.each([
    [0x102d, "GK210", "3.7"],
    [0x13f2, "GM204", "5.2"],
    [0x1b38, "GP102", "6.1"],
    [0x15f8, "GP100", "6.0"],
    [0x1db4, "GV100", "7.0"],
    [0x1eb4, "TU104", "7.5"],
    [0x1f0a, "TU106", "7.5"],
    [0x2188, "TU116", "7.5"],
    [0x20b2, "GA100", "8.0"],
    [0x2236, "GA102", "8.6"],
    [0x2237, "GA102", "8.6"],
    [0x2504, "GA106", "8.6"],
    [0x27b8, "AD104", "8.9"],
    [0x26b5, "AD102", "8.9"],
    [0x2330, "GH100", "9.0"],
    [0x2901, "GB100", "10.0"],
    [0x2b00, "GB10B", "11.0"],
    [0x2b85, "GB202", "12.0"],
    [0x2e12, "GB20B", "12.1"],
    [0x3182, "GB110", "10.3"],
  ])("maps id %i to %s, compute %s", (id, chip, computeCapability) => {
    expect(pciGpu(id)).toMatchObject({ chip, computeCapability });
  });
});

describe("the CUDA driver table", () => {
  it("rises in CUDA and in driver", () => {
    for (const [i, row] of CUDA_DRIVERS.entries()) {
      const before = CUDA_DRIVERS[i - 1];
      if (before)
        expect(
          compareVersionTexts(row.cuda, before.cuda) > 0 && compareVersionTexts(row.driver, before.driver) > 0,
        ).toBe(true);
    }
    const majors = CUDA_MAJOR_DRIVERS.map(({ driver }) => driver);
    expect(majors).toEqual([...majors].sort(compareVersionTexts));
  });

  it.each([
    ["10.2", "440.33"],
    ["10.2.89", "440.33"],
    ["11.2", "450.80.02"],
    ["12.9", "525.60.13"],
    ["13.0", "580"],
    ["8.0", null],
    ["10.3", null],
    ["", null],
  ])("asks for CUDA %s at least driver %s", (cuda, driver) => expect(minimumDriver(cuda)?.driver ?? null).toBe(driver));
});

describe("the table of compatibility packages", () => {
  it("rises in CUDA and in branch, never falls in base, and each runs on an older branch than its own", () => {
    for (const [i, row] of COMPATIBILITY_PACKAGES.entries()) {
      const before = COMPATIBILITY_PACKAGES[i - 1] ?? { cuda: "0", branch: 0, base: 0 };
      expect(compareVersionTexts(row.cuda, before.cuda)).toBeGreaterThan(0);
      expect(row.branch).toBeGreaterThan(before.branch);
      expect(row.base).toBeGreaterThanOrEqual(before.base);
      expect(row.base).toBeLessThan(row.branch);
    }
  });

  it("has each package of the branch that its CUDA came with", () => {
    for (const { cuda, branch } of COMPATIBILITY_PACKAGES) {
      const row = CUDA_DRIVERS.find((toolkit) => toolkit.cuda === cuda);
      if (row !== undefined) expect([cuda, row.driver.split(".")[0]]).toEqual([cuda, String(branch)]);
    }
  });

  it.each([
    ["550.54.15", "12.4", 470],
    ["535.183.01", "12.2", 450],
    ["470.256.02", "11.4", 418],
    ["575.57.08", "12.9", 535],
  ])("knows the package of libcuda %s", (release, cuda, base) => {
    expect(compatibilityPackage(release)).toMatchObject({ cuda, base });
  });

  it.each(["", "55.54.15", "5501.1", "390.46"])("has no package for libcuda %j", (release) => {
    expect(compatibilityPackage(release)).toBeNull();
  });
});

describe("the CPU target table", () => {
  it("extends only names that come before, of the same architecture", () => {
    for (const [i, row] of CPU_TARGETS.entries()) {
      for (const base of row.extends) {
        const at = CPU_TARGETS.findIndex(({ name }) => name === base);
        expect(at).toBeGreaterThanOrEqual(0);
        expect(at).toBeLessThan(i);
        expect(CPU_TARGETS[at]?.arch).toBe(row.arch);
      }
    }
  });

  it("has every name and alias once", () => {
    const names = CPU_TARGETS.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("resolves chains and aliases", () => {
    expect(featuresOf("core-avx2")).toEqual(featuresOf("haswell"));
    expect(featuresOf("core-avx2")).toEqual(
      "abm aes avx avx2 bmi1 bmi2 cx16 f16c fma lahf_lm movbe pclmulqdq popcnt rdrand sse4_1 sse4_2 ssse3 xsave".split(
        " ",
      ),
    );
    expect(featuresOf("skylake-avx512")).toEqual(
      expect.arrayContaining(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "clwb", "avx2"]),
    );
    expect(featuresOf("carmel")).toEqual([
      "aes",
      "asimd",
      "asimdhp",
      "atomics",
      "crc32",
      "fp",
      "fphp",
      "pmull",
      "sha1",
      "sha2",
    ]);
    expect(featuresOf("generic")).toEqual([]);
    expect(featuresOf("pentium-m")).toBeNull();
    expect(cpuTarget("__proto__")).toBeNull();
  });
});

describe("the ARM core table", () => {
  it("ascends and writes parts as the kernel does", () => {
    const parts = ARM_CORES.map(({ part }) => part);
    expect(parts).toEqual([...parts].sort());
    expect(parts.filter((part) => !/^0x[0-9a-f]{2}\/0x[0-9a-f]{3}$/.test(part))).toEqual([]);
  });
});
