import type { CompilerOptions, PackagingJob } from "./job.js";

/**
 * Where a requirement comes from. JOB: the description states it. TARGET_DEVICE: it follows from the target device.
 * SERVICE_DEFAULT: the service's default for what the job leaves out.
 */
type Basis = "JOB" | "TARGET_DEVICE" | "SERVICE_DEFAULT";

/** One thing that a job requires of a machine. */
export interface Requirement<T = string> {
  /** Property path as AWS spells it. */
  readonly path: string;
  readonly value: T;
  readonly basis: Basis;
}

/** Everything that a packaging job requires of a machine; null where the job requires nothing or does not say. */
export interface Requirements {
  /** Whether the model needs an NVIDIA GPU; UNKNOWN where packdrift does not know the target. */
  readonly gpu: "NEEDED" | "NOT_NEEDED" | "UNKNOWN";
  readonly os: Requirement | null;
  readonly arch: Requirement | null;
  readonly accelerator: Requirement | null;
  /** The target device's name, such as `jetson_xavier`. */
  readonly device: Requirement | null;
  /** `sm_72` */
  readonly gpuCode: Requirement | null;
  /** `10.2` */
  readonly cudaVer: Requirement | null;
  /** The job was packaged for any one of these: `["7.1.3", "8.2.1"]`. */
  readonly trtVer: Requirement<readonly string[]> | null;
  /** `core-avx2` */
  readonly mcpu: Requirement | null;
  /** `["+neon"]` */
  readonly mattr: Requirement<readonly string[]> | null;
}

const GREENGRASS = "ModelPackagingConfiguration.Greengrass";
const OUTPUT = "ModelPackagingOutputDetails.Greengrass";

/** The job's property paths as AWS spells them; an option's path ends with its key. */
export const PATHS = {
  description: "ModelPackagingDescription",
  status: "Status",
  target: GREENGRASS,
  os: `${GREENGRASS}.TargetPlatform.Os`,
  arch: `${GREENGRASS}.TargetPlatform.Arch`,
  accelerator: `${GREENGRASS}.TargetPlatform.Accelerator`,
  platform: `${GREENGRASS}.TargetPlatform`,
  device: `${GREENGRASS}.TargetDevice`,
  options: `${GREENGRASS}.CompilerOptions`,
  gpuCode: `${GREENGRASS}.CompilerOptions.gpu-code`,
  cudaVer: `${GREENGRASS}.CompilerOptions.cuda-ver`,
  trtVer: `${GREENGRASS}.CompilerOptions.trt-ver`,
  mcpu: `${GREENGRASS}.CompilerOptions.mcpu`,
  mattr: `${GREENGRASS}.CompilerOptions.mattr`,
  configuredName: `${GREENGRASS}.ComponentName`,
  configuredVersion: `${GREENGRASS}.ComponentVersion`,
  outputName: `${OUTPUT}.ComponentName`,
  outputVersion: `${OUTPUT}.ComponentVersion`,
} as const;

/** The only target device that the service supported. */
export const JETSON_XAVIER = "jetson_xavier";

/** What the service compiled a `jetson_xavier` package without options for (developer guide, tested devices). */
const XAVIER = { gpuCode: "sm_72", cudaVer: "10.2", trtVer: ["7.1.3", "8.2.1"] } as const;

/** What the service compiled x86 CPU models for without `mcpu` (developer guide, package settings). */
const DEFAULT_MCPU = "core-avx2";

/** Everything that `job` requires of a machine. Whatever the description leaves open stays null. */
export function requirementsOf(job: PackagingJob): Requirements {
  const platform = job.targetPlatform;
  const options = job.compilerOptions;
  const xavier = job.targetDevice === JETSON_XAVIER;
  const gpu = gpuNeed(job, xavier);
  // Preview-era jobs have a target device and options: then the model was compiled for the options.
  const bare = xavier && options.form !== "unparseable" && noGpuOptions(options);
  return {
    gpu,
    os: platform?.os ? stated(PATHS.os, platform.os) : implied(xavier, "LINUX"),
    arch: platform?.arch ? stated(PATHS.arch, platform.arch) : implied(xavier, "ARM64"),
    accelerator: platform?.accelerator ? stated(PATHS.accelerator, platform.accelerator) : implied(xavier, "NVIDIA"),
    device: job.targetDevice === null ? null : stated(PATHS.device, job.targetDevice),
    gpuCode: options.gpuCode ? stated(PATHS.gpuCode, options.gpuCode) : implied(xavier, XAVIER.gpuCode),
    cudaVer: options.cudaVer ? stated(PATHS.cudaVer, options.cudaVer) : implied(bare, XAVIER.cudaVer),
    trtVer: options.trtVer ? stated(PATHS.trtVer, [options.trtVer]) : implied<readonly string[]>(bare, XAVIER.trtVer),
    mcpu: mcpuOf(job, gpu),
    mattr: options.mattr.length > 0 ? stated(PATHS.mattr, options.mattr) : null,
  };
}

function gpuNeed(job: PackagingJob, xavier: boolean): Requirements["gpu"] {
  const accelerator = job.targetPlatform?.accelerator ?? null;
  if (xavier || accelerator === "NVIDIA") return "NEEDED";
  if (accelerator !== null || job.targetDevice !== null) return "UNKNOWN";
  // A platform without an accelerator means a CPU model, not an unknown one (API reference, TargetPlatform).
  return job.targetPlatform === null ? "UNKNOWN" : "NOT_NEEDED";
}

function mcpuOf(job: PackagingJob, gpu: Requirements["gpu"]): Requirement | null {
  const options = job.compilerOptions;
  if (options.mcpu) return stated(PATHS.mcpu, options.mcpu);
  const silent = options.form !== "unparseable" && options.problems.length === 0;
  if (gpu === "NOT_NEEDED" && job.targetPlatform?.arch === "X86_64" && silent) {
    return { path: PATHS.mcpu, value: DEFAULT_MCPU, basis: "SERVICE_DEFAULT" };
  }
  return null;
}

function noGpuOptions(options: CompilerOptions): boolean {
  return !options.gpuCode && !options.cudaVer && !options.trtVer && options.problems.length === 0;
}

function stated<T>(path: string, value: T): Requirement<T> {
  return { path, value, basis: "JOB" };
}

function implied<T>(applies: boolean, value: T): Requirement<T> | null {
  return applies ? { path: PATHS.device, value, basis: "TARGET_DEVICE" } : null;
}
