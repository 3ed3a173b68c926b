import { isObject, type JsonObject } from "../../base/json.js";
import { parseCompilerOptions } from "../../job/compiler-options.js";
import { quoted } from "../../job/job-names.js";
import type { TargetPlatform } from "../../job/wire.js";
import { epochMilliseconds } from "../../job/wire-answer.js";
import { wireDescription } from "../api/wire-description.js";
import { s3Location } from "./s3-uri.js";
import type { Hints, Taken } from "./taken.js";

/** Whether a document is an answer of SageMaker's DescribeCompilationJob. */
export function isCompilationJob(document: JsonObject): boolean {
  return document.CompilationJobName !== undefined || document.CompilationJobArn !== undefined;
}

/**
 * A SageMaker Neo compilation job as the packaging job that asks the same of a machine. Refused when it was compiled for
 * something that no packaging job can name.
 */
export function takeCompilationJob(job: JsonObject, hints: Hints): Taken {
  const output = isObject(job.OutputConfig) ? job.OutputConfig : {};
  const target = targetOf(output);
  if (typeof target === "string") return { refused: `a Neo compilation job ${target}` };
  const name = typeof job.CompilationJobName === "string" ? job.CompilationJobName : "";
  const guessed = [...target.guessed];
  if (hints.project === null)
    guessed.push(`ProjectName is ${PROJECT}: a compilation job has none (--project names another)`);
  const status = STATUS[String(job.CompilationJobStatus)];
  if (job.CompilationJobStatus === "STOPPED" || job.CompilationJobStatus === "STOPPING") {
    guessed.push("Status is FAILED: the compilation was stopped");
  }
  const { description, changes } = wireDescription({
    JobName: name,
    ProjectName: hints.project ?? PROJECT,
    ModelPackagingConfiguration: {
      Greengrass: {
        CompilerOptions: target.options,
        TargetDevice: target.device,
        TargetPlatform: target.platform,
        S3OutputLocation: s3Location(output.S3OutputLocation, "folder"),
      },
    },
    Status: status ?? null,
    StatusMessage: job.FailureReason === "" ? null : job.FailureReason,
    CreationTimestamp: timeOf(job.CreationTime),
    LastUpdatedTimestamp: timeOf(job.LastModifiedTime),
  });
  guessed.push("component and model version are not known: absent", ...changes);
  const ref = { project: description.ProjectName ?? "", job: description.JobName ?? "" };
  return { ref, description, origin: "NEO", guessed };
}

const PROJECT = "sagemaker-neo";

const STATUS: Readonly<Record<string, string>> = {
  STARTING: "CREATED",
  INPROGRESS: "RUNNING",
  COMPLETED: "SUCCEEDED",
  FAILED: "FAILED",
  STOPPING: "FAILED",
  STOPPED: "FAILED",
};

interface Target {
  readonly device: string | null;
  readonly platform: TargetPlatform | null;
  readonly options: unknown;
  readonly guessed: readonly string[];
}

/** One device that Neo names: its platform, and the options of Neo's table of edge devices where it lists them. */
interface Device {
  readonly platform: TargetPlatform;
  readonly gpuCode?: string;
  readonly options?: string;
}

const JETSON = { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" } as const;
const SERVER_GPU = { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" } as const;
const SERVER = { Os: "LINUX", Arch: "X86_64" } as const;

/**
 * SageMaker AI developer guide, "Supported Devices, Chip Architectures, and Systems" (compiler options of each device), and
 * Amazon EC2's instance types for ml_* targets. Xavier stands here too: what Neo compiles it for by default is not what
 * Lookout for Vision did.
 */
const DEVICES: Readonly<Record<string, Device>> = {
  jetson_nano: { platform: JETSON, options: '{"gpu-code": "sm_53", "trt-ver": "5.0.6", "cuda-ver": "10.0"}' },
  jetson_tx1: { platform: JETSON, options: '{"gpu-code": "sm_53", "trt-ver": "6.0.1", "cuda-ver": "10.0"}' },
  jetson_tx2: { platform: JETSON, options: '{"gpu-code": "sm_62", "trt-ver": "6.0.1", "cuda-ver": "10.0"}' },
  jetson_xavier: { platform: JETSON, options: '{"gpu-code": "sm_72", "trt-ver": "5.1.6", "cuda-ver": "10.0"}' },
  ml_p2: { platform: SERVER_GPU, gpuCode: "sm_37" },
  ml_p3: { platform: SERVER_GPU, gpuCode: "sm_70" },
  ml_g4dn: { platform: SERVER_GPU, gpuCode: "sm_75" },
  ml_c4: { platform: SERVER },
  ml_c5: { platform: SERVER },
  ml_m4: { platform: SERVER },
  ml_m5: { platform: SERVER },
  x86_win64: { platform: { Os: "WINDOWS", Arch: "X86_64" } },
};

/** The target in the service's words, or why there is none. */
function targetOf(output: JsonObject): Target | string {
  const options = typeof output.CompilerOptions === "string" ? output.CompilerOptions : null;
  const given = output.TargetPlatform;
  if (isObject(given)) {
    const platform = {
      Os: given.Os,
      Arch: given.Arch,
      ...(given.Accelerator ? { Accelerator: given.Accelerator } : {}),
    };
    const wrong = beyond(platform);
    if (wrong !== null) return wrong;
    return { device: null, platform: platform as TargetPlatform, options, guessed: [] };
  }
  const name = output.TargetDevice;
  if (typeof name !== "string" || name === "") return "without OutputConfig.TargetDevice and TargetPlatform";
  const device = Object.hasOwn(DEVICES, name) ? DEVICES[name] : undefined;
  if (device === undefined) return `for ${quoted(name, 60)}, which no packaging job can name`;
  const wrong = beyond(device.platform);
  if (wrong !== null) return wrong;
  const { text, guess } = optionsFor(name, device, options);
  // Preview-era packaging jobs had a target device and options as well, so Xavier can stay what it is.
  const xavier = name === "jetson_xavier";
  const mapped = xavier ? [] : [`TargetPlatform stands for TargetDevice ${name}`];
  const guessed = guess === null ? mapped : [...mapped, guess];
  return { device: xavier ? name : null, platform: xavier ? null : device.platform, options: text, guessed };
}

/** What the job was compiled for: what it says, and where it is silent what Neo's table says of the device. */
function optionsFor(name: string, device: Device, given: string | null): { text: string | null; guess: string | null } {
  const said = parseCompilerOptions(given);
  if (said.form === "unparseable" || said.gpuCode !== null || said.mcpu !== null) return { text: given, guess: null };
  if (said.form === "none") {
    if (device.options !== undefined) {
      return {
        text: device.options,
        guess: `CompilerOptions are those that Neo's guide lists for ${name}: the job gives none`,
      };
    }
    if (device.gpuCode === undefined) return { text: null, guess: null };
    return {
      text: JSON.stringify({ "gpu-code": device.gpuCode }),
      guess: `gpu-code is that of ${name}: the job gives none`,
    };
  }
  return { text: given, guess: null };
}

/** What in a platform is beyond the service's model; null when nothing is. */
function beyond(platform: {
  readonly Os?: unknown;
  readonly Arch?: unknown;
  readonly Accelerator?: unknown;
}): string | null {
  if (platform.Os !== "LINUX") return `for ${quoted(platform.Os, 60)}, not LINUX`;
  if (platform.Arch !== "ARM64" && platform.Arch !== "X86_64")
    return `for ${quoted(platform.Arch, 60)}, neither ARM64 nor X86_64`;
  const accelerator = platform.Accelerator ?? "NVIDIA";
  return accelerator === "NVIDIA" ? null : `for the accelerator ${quoted(accelerator, 60)}, not NVIDIA`;
}

function timeOf(value: unknown): number | null {
  const milliseconds = epochMilliseconds(value);
  return milliseconds === null ? null : milliseconds / 1000;
}
