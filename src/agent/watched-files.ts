import type { Settings } from "../config/settings.js";
import type { Trigger } from "../report/report.js";

/** Watched files, keyed by the trigger of the check that a change starts. */
export type Watched = ReadonlyMap<Trigger, readonly string[]>;

/** At least one of these files changes whenever a fact changes that can change without a reboot. */
const FACT_FILES: readonly string[] = [
  "/etc/os-release",
  "/etc/nv_tegra_release",
  // A package installed, upgraded or removed: JetPack, driver, CUDA and TensorRT come as packages.
  "/var/lib/dpkg/status",
  // Libraries installed in another way.
  "/etc/ld.so.cache",
  "/usr/local/cuda",
  "/usr/local/cuda/version.json",
  "/usr/local/cuda/version.txt",
  // A driver that was reloaded.
  "/proc/driver/nvidia/version",
  "/sys/module/nvidia/version",
  // Declared by the operator.
  "/etc/packdrift/facts.d",
];

/** The folders that contain watched files. */
export interface WatchedFolders {
  /** The folder that is read as "/". */
  readonly root: string;
  readonly work: string;
  readonly greengrassRoot: string;
}

/** What the last check found deployed. */
export interface DeployedFiles {
  readonly components: readonly string[];
  /** The files and folders of their models: a version that is deployed again keeps its folder's name. */
  readonly modelFiles: readonly string[];
}

/** The files to watch. Before the first check, without settings: only those behind facts. */
export function watchedFiles(
  { root, work, greengrassRoot }: WatchedFolders,
  settings: Pick<Settings, "source" | "jobs"> | null,
  { components, modelFiles }: DeployedFiles,
): Watched {
  const stores = ["artifacts", "artifacts-unarchived"].map((store) => `${greengrassRoot}/packages/${store}`);
  // Without the setting "jobs", a component that is new may be a model to check.
  const added = settings !== null && settings.jobs.length === 0 ? stores : [];
  const versions = components.flatMap((component) => stores.map((store) => `${store}/${component}`));
  return new Map<Trigger, readonly string[]>([
    ["DEPLOYMENT", [...added, ...versions, ...modelFiles]],
    ["JOB_CHANGE", settings === null ? [] : jobFiles(settings)],
    ["FACT_CHANGE", [...FACT_FILES.map((file) => (root === "/" ? file : `${root}${file}`)), `${work}/facts.d`]],
  ]);
}

/** The path of a file source, with the folders and files of its jobs. */
function jobFiles({ source: { type, path }, jobs }: Pick<Settings, "source" | "jobs">): readonly string[] {
  if ((type !== "file" && type !== "auto") || path === null) return [];
  const ofJobs = jobs.flatMap(({ project, job }) => [
    ...(project === null ? [] : [`${path}/${project}`]),
    ...(project === null || job === null ? [] : [`${path}/${project}/${job}.json`]),
  ]);
  return [path, ...ofJobs];
}
