/** The Linux driver that a CUDA release came with: the oldest that supports everything in it. */
interface CudaDriver {
  readonly cuda: string;
  readonly driver: string;
  /** Key in SOURCES. */
  readonly source: string;
}

/** The oldest driver that runs every release of a CUDA major version (minor-version compatibility). */
interface CudaMajorDriver {
  readonly major: number;
  readonly driver: string;
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  notes: "NVIDIA CUDA Toolkit release notes, table of toolkit and driver versions",
  installer: "driver in the installer's file name, dusty-nv/jetson-containers packages/cuda/cuda/config.py",
  runfile: "driver in the file name of the toolkit's first installer: cuda_12.5.0_555.42.02_linux.run",
  compatibility: "NVIDIA CUDA Compatibility, minor version compatibility",
};

/** One row per toolkit, oldest first; of several updates, the first. */
export const CUDA_DRIVERS: readonly CudaDriver[] = [
  { cuda: "9.0", driver: "384.81", source: "notes" },
  { cuda: "9.1", driver: "390.46", source: "notes" },
  { cuda: "9.2", driver: "396.26", source: "notes" },
  { cuda: "10.0", driver: "410.48", source: "notes" },
  { cuda: "10.1", driver: "418.39", source: "notes" },
  { cuda: "10.2", driver: "440.33", source: "notes" },
  { cuda: "11.0", driver: "450.51.05", source: "notes" },
  { cuda: "11.1", driver: "455.23", source: "notes" },
  { cuda: "11.2", driver: "460.27.03", source: "notes" },
  { cuda: "11.3", driver: "465.19.01", source: "notes" },
  { cuda: "11.4", driver: "470.42.01", source: "notes" },
  { cuda: "11.5", driver: "495.29.05", source: "notes" },
  { cuda: "11.6", driver: "510.39.01", source: "notes" },
  { cuda: "11.7", driver: "515.43.04", source: "notes" },
  { cuda: "11.8", driver: "520.61.05", source: "notes" },
  { cuda: "12.0", driver: "525.60.13", source: "notes" },
  { cuda: "12.1", driver: "530.30.02", source: "runfile" },
  { cuda: "12.2", driver: "535.54.03", source: "runfile" },
  { cuda: "12.3", driver: "545.23.06", source: "runfile" },
  { cuda: "12.4", driver: "550.54.14", source: "runfile" },
  { cuda: "12.5", driver: "555.42.02", source: "runfile" },
  { cuda: "12.6", driver: "560.28.03", source: "runfile" },
  { cuda: "12.8", driver: "570.124.06", source: "installer" },
  { cuda: "13.0", driver: "580.95.05", source: "installer" },
];

/** From CUDA 11 on, a driver runs every minor release of its major. */
export const CUDA_MAJOR_DRIVERS: readonly CudaMajorDriver[] = [
  { major: 11, driver: "450.80.02", source: "compatibility" },
  { major: 12, driver: "525.60.13", source: "compatibility" },
  { major: 13, driver: "580", source: "compatibility" },
];

/**
 * The driver that a toolkit (`12.4`) came with: an older one does not translate the toolkit's PTX, even if it runs its
 * libraries. Null if the table does not have it.
 */
export function toolkitDriver(cuda: string): { readonly driver: string; readonly document: string } | null {
  const row = CUDA_DRIVERS.find((candidate) => candidate.cuda === cuda);
  return row ? { driver: row.driver, document: SOURCES[row.source] ?? row.source } : null;
}

/** The oldest driver for a CUDA runtime (`10.2`, `11.2.152`), and the document that says so; null if none does. */
export function minimumDriver(cuda: string): { readonly driver: string; readonly document: string } | null {
  const [major = "", minor = ""] = cuda.split(".");
  const row =
    CUDA_MAJOR_DRIVERS.find((candidate) => String(candidate.major) === major) ??
    CUDA_DRIVERS.find((candidate) => candidate.cuda === `${major}.${minor}`);
  return row ? { driver: row.driver, document: SOURCES[row.source] ?? row.source } : null;
}
