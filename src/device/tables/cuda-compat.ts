/** The compatibility package of one CUDA release: driver libraries of `branch` that run on a kernel module of `base` or later. */
export interface CompatibilityPackage {
  readonly cuda: string;
  /** The driver branch that its libcuda comes from: 550 for 550.54.15. */
  readonly branch: number;
  /** The oldest driver branch that it was released for. */
  readonly base: number;
}

/**
 * Where the rows come from. NVIDIA's images state the branches that their compatibility package supports; of several
 * images of one release the widest range counts, since later ones only drop branches that are no longer supported.
 */
export const SOURCE =
  "NVIDIA CUDA Compatibility, forward compatibility, and NVIDIA_REQUIRE_CUDA of NVIDIA's CUDA images (gitlab.com/nvidia/container-images/cuda, dist/10.0 to 13.1)";

/** Oldest first. */
export const COMPATIBILITY_PACKAGES: readonly CompatibilityPackage[] = [
  { cuda: "10.0", branch: 410, base: 384 },
  { cuda: "10.1", branch: 418, base: 384 },
  { cuda: "10.2", branch: 440, base: 384 },
  { cuda: "11.0", branch: 450, base: 418 },
  { cuda: "11.1", branch: 455, base: 418 },
  { cuda: "11.2", branch: 460, base: 418 },
  { cuda: "11.3", branch: 465, base: 418 },
  { cuda: "11.4", branch: 470, base: 418 },
  { cuda: "11.5", branch: 495, base: 418 },
  { cuda: "11.6", branch: 510, base: 418 },
  { cuda: "11.7", branch: 515, base: 450 },
  { cuda: "11.8", branch: 520, base: 450 },
  { cuda: "12.0", branch: 525, base: 450 },
  { cuda: "12.1", branch: 530, base: 450 },
  { cuda: "12.2", branch: 535, base: 450 },
  { cuda: "12.3", branch: 545, base: 470 },
  { cuda: "12.4", branch: 550, base: 470 },
  { cuda: "12.5", branch: 555, base: 470 },
  { cuda: "12.6", branch: 560, base: 470 },
  { cuda: "12.8", branch: 570, base: 470 },
  { cuda: "12.9", branch: 575, base: 535 },
  { cuda: "13.0", branch: 580, base: 535 },
  { cuda: "13.1", branch: 590, base: 535 },
];

/** The package that a libcuda (`550.54.15`) comes from; null for a branch that is not in the table. */
export function compatibilityPackage(release: string): CompatibilityPackage | null {
  const branch = release.split(".", 1)[0];
  return COMPATIBILITY_PACKAGES.find((row) => String(row.branch) === branch) ?? null;
}
