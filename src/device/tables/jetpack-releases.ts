/** One L4T release and what its JetPack brings; null if the sources do not say, or name several. */
export interface JetPackRelease {
  readonly l4t: string;
  /** The JetPack releases that shipped it; empty if the sources name none. */
  readonly jetpacks: readonly string[];
  /** CUDA runtime (cudart). */
  readonly cuda: string | null;
  readonly tensorrt: string | null;
  readonly cudnn: string | null;
  readonly ubuntu: string;
  readonly glibc: string;
  /** As far as known: `4.9.140`, `5.10`. */
  readonly kernel: string;
  readonly socs: readonly string[];
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  "meta-tegra":
    "JetPack: rbonghi/jetson_stats NVIDIA_JETPACK; libraries: OE4T/meta-tegra recipes of the release's branch",
  unit: "JetPack: rbonghi/jetson_stats NVIDIA_JETPACK; libraries: reports from units, cross-checked with OE4T/meta-tegra",
  capture: "captured on a unit; no release table names it",
};

const T210_T186 = ["tegra210", "tegra186"];
const T194 = ["tegra194"];
const TO_T194 = ["tegra210", "tegra186", "tegra194"];
const T194_T234 = ["tegra194", "tegra234"];
const T234 = ["tegra234"];
const T264 = ["tegra264"];
const T234_T264 = ["tegra234", "tegra264"];

const U16 = ["16.04", "2.23"] as const;
const U18 = ["18.04", "2.27"] as const;
const U20 = ["20.04", "2.31"] as const;
const U22 = ["22.04", "2.35"] as const;
const U24 = ["24.04", "2.39"] as const;

type Libraries = readonly [cuda: string | null, tensorrt: string | null, cudnn: string | null];
const JP42: Libraries = ["10.0.326", "5.1.6", "7.5.0.56"];
const JP44: Libraries = ["10.2.89", "7.1.3", "8.0.0.180"];
const JP46: Libraries = ["10.2.300", "8.2.1", "8.2.1.32"];
const JP51: Libraries = ["11.4.298", "8.5.2", "8.6.0.166"];
const JP60: Libraries = ["12.2.140", "8.6.2.3", "8.9.4.25"];
const JP61: Libraries = ["12.6.68", "10.3.0.30", "9.3.0.75"];
const JP70: Libraries = ["13.0.48", "10.13.3.9", "9.12.0.46"];
const JP72: Libraries = ["13.2.75", "10.16.2.10", "9.20.0.46"];

/** Every L4T release from JetPack 3.2 on, oldest first. */
export const JETPACK_RELEASES: readonly JetPackRelease[] = [
  row("28.2.0", ["3.2"], ["9.0.252", "3.0.4", "7.0.5"], U16, "4.4.38", T210_T186, "meta-tegra"),
  // 3.2.1 brought TensorRT 3.0.4 and cuDNN 7.0.5, 3.3 brought 4.1.3 and 7.1.5.
  row("28.2.1", ["3.2.1", "3.3"], ["9.0.252", null, null], U16, "4.4.38", T210_T186, "meta-tegra"),
  row("31.0.1", ["4.0"], ["10.0.117", "5.0", "7.3"], U18, "4.9", T194, "meta-tegra"),
  row("31.0.2", ["4.1"], ["10.0.117", "5.0", "7.3"], U18, "4.9", T194, "meta-tegra"),
  row("31.1.0", ["4.1.1 DP"], ["10.0.117", "5.0", "7.3"], U18, "4.9", T194, "meta-tegra"),
  row("32.1.0", ["4.2"], ["10.0.166", "5.0.6", "7.3.1.28"], U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.2.0", ["4.2.1"], JP42, U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.2.1", ["4.2.2"], JP42, U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.2.3", ["4.2.3"], JP42, U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.3.1", ["4.3"], ["10.0.326", "6.0.1", "7.6.3.28"], U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.4.2", ["4.4 DP"], ["10.2.89", "7.1.0", "8.0.0.145"], U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.4.3", ["4.4"], JP44, U18, "4.9.140", TO_T194, "unit"),
  row("32.4.4", ["4.4.1"], JP44, U18, "4.9.140", TO_T194, "meta-tegra"),
  row("32.5.0", ["4.5"], JP44, U18, "4.9.201", TO_T194, "meta-tegra"),
  row("32.5.1", ["4.5.1"], JP44, U18, "4.9.201", TO_T194, "meta-tegra"),
  row("32.5.2", ["4.5.1"], JP44, U18, "4.9.201", TO_T194, "meta-tegra"),
  row("32.6.1", ["4.6"], ["10.2.300", "8.0.1", "8.2.1.32"], U18, "4.9.253", TO_T194, "unit"),
  row("32.7.1", ["4.6.1"], JP46, U18, "4.9.253", TO_T194, "meta-tegra"),
  row("32.7.2", ["4.6.2"], JP46, U18, "4.9", TO_T194, "meta-tegra"),
  row("32.7.3", ["4.6.3"], JP46, U18, "4.9", TO_T194, "meta-tegra"),
  row("32.7.4", ["4.6.4"], JP46, U18, "4.9", TO_T194, "meta-tegra"),
  row("32.7.5", ["4.6.5"], JP46, U18, "4.9", TO_T194, "meta-tegra"),
  row("32.7.6", ["4.6.6"], JP46, U18, "4.9", TO_T194, "meta-tegra"),
  row("34.1.0", ["5.0 DP"], ["11.4", "8.4.0", "8.3.2.49"], U20, "5.10.65", T194_T234, "meta-tegra"),
  row("34.1.1", ["5.0.1 DP"], ["11.4", "8.4.0", "8.3.2.49"], U20, "5.10.65", T194_T234, "meta-tegra"),
  row("35.1.0", ["5.0.2"], ["11.4.243", "8.4.1", "8.4.1.50"], U20, "5.10.104", T194_T234, "meta-tegra"),
  row("35.2.1", ["5.1"], JP51, U20, "5.10.104", T194_T234, "meta-tegra"),
  row("35.3.1", ["5.1.1"], JP51, U20, "5.10.104", T194_T234, "unit"),
  row("35.4.1", ["5.1.2"], JP51, U20, "5.10.120", T194_T234, "meta-tegra"),
  row("35.5.0", ["5.1.3"], JP51, U20, "5.10", T194_T234, "meta-tegra"),
  row("35.6.0", ["5.1.4"], JP51, U20, "5.10", T194_T234, "meta-tegra"),
  row("35.6.1", ["5.1.5"], JP51, U20, "5.10", T194_T234, "meta-tegra"),
  row("35.6.2", ["5.1.5"], JP51, U20, "5.10", T194_T234, "meta-tegra"),
  row("35.6.3", ["5.1.5"], JP51, U20, "5.10", T194_T234, "meta-tegra"),
  row("35.6.4", ["5.1.6"], JP51, U20, "5.10", T194_T234, "meta-tegra"),
  row("36.2.0", ["6.0 DP"], JP60, U22, "5.15", T234, "meta-tegra"),
  row("36.3.0", ["6.0"], JP60, U22, "5.15", T234, "meta-tegra"),
  row("36.4.0", ["6.1"], JP61, U22, "5.15.148", T234, "meta-tegra"),
  row("36.4.2", ["6.1 rev1"], JP61, U22, "5.15.148", T234, "meta-tegra"),
  row("36.4.3", ["6.2"], JP61, U22, "5.15.148", T234, "unit"),
  row("36.4.4", ["6.2.1"], JP61, U22, "5.15.148", T234, "meta-tegra"),
  row("36.4.7", ["6.2.1"], JP61, U22, "5.15", T234, "meta-tegra"),
  row("36.5.0", ["6.2.2"], JP61, U22, "5.15", T234, "meta-tegra"),
  row("36.5.2", [], JP61, U22, "5.15.199", T234, "capture"),
  row("38.2.0", ["7.0"], JP70, U24, "6.8.12", T264, "meta-tegra"),
  row("38.2.1", ["7.0"], JP70, U24, "6.8.12", T264, "meta-tegra"),
  row("38.2.2", ["7.0"], JP70, U24, "6.8.12", T264, "meta-tegra"),
  row("38.4.0", ["7.1"], JP70, U24, "6.8", T264, "meta-tegra"),
  row("39.0.0", ["7.2 EA"], JP72, U24, "6.8.12", T234_T264, "meta-tegra"),
  row("39.2.0", ["7.2"], JP72, U24, "6.8.12", T234_T264, "meta-tegra"),
  row("39.2.1", [], ["13.2.86", null, null], U24, "6.8.12", T234_T264, "capture"),
];

/** The JetPack major that each L4T major belongs to. */
export const JETPACK_MAJORS: readonly { readonly l4t: number; readonly jetpack: number }[] = [
  { l4t: 28, jetpack: 3 },
  { l4t: 31, jetpack: 4 },
  { l4t: 32, jetpack: 4 },
  { l4t: 34, jetpack: 5 },
  { l4t: 35, jetpack: 5 },
  { l4t: 36, jetpack: 6 },
  { l4t: 38, jetpack: 7 },
  { l4t: 39, jetpack: 7 },
];

/** The row of a release; null if the table does not have it. */
export function jetpackRelease(l4t: string): JetPackRelease | null {
  return JETPACK_RELEASES.find((row) => row.l4t === l4t) ?? null;
}

/** Whether a JetPack, named as in the rows, is a developer preview or early access. */
export function isPreview(jetpack: string): boolean {
  return /DP|EA/.test(jetpack);
}

/** The JetPack major of an L4T release, null when unknown. */
export function jetpackMajor(l4t: string): number | null {
  const major = Number(l4t.split(".")[0]);
  return JETPACK_MAJORS.find((row) => row.l4t === major)?.jetpack ?? null;
}

/** The possible JetPacks: one release, several, or `6.x` if only the major is known; empty if not even that is. */
export function jetpackCandidates(l4t: string): readonly string[] {
  const named = jetpackRelease(l4t)?.jetpacks ?? [];
  if (named.length > 0) return named;
  const major = jetpackMajor(l4t);
  return major === null ? [] : [`${major}.x`];
}

function row(
  l4t: string,
  jetpacks: readonly string[],
  [cuda, tensorrt, cudnn]: Libraries,
  [ubuntu, glibc]: readonly [string, string],
  kernel: string,
  socs: readonly string[],
  source: string,
): JetPackRelease {
  return { l4t, jetpacks, cuda, tensorrt, cudnn, ubuntu, glibc, kernel, socs, source };
}
