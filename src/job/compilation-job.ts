import { isObject, type JsonObject } from "../base/json.js";
import { parseCompilerOptions } from "./compiler-options.js";
import { type JobRef, NEO_PROJECT, quoted } from "./job-names.js";
import { NEO_DEVICES, type NeoDevice } from "./neo-devices.js";
import { s3Location } from "./s3-uri.js";
import type { ModelPackagingDescription, TargetPlatform } from "./wire.js";
import { epochMilliseconds } from "./wire-answer.js";
import { wireDescription } from "./wire-description.js";

/** The packaging job with the same requirements as a compilation job. */
interface MappedJob {
  readonly ref: JobRef;
  readonly description: ModelPackagingDescription;
  /** What was guessed, changed or left out, in sentences. */
  readonly guessed: readonly string[];
  /** Those of them that are about what the model was compiled for. */
  readonly guessedTarget: readonly string[];
}

/** Whether a document is an answer of SageMaker's DescribeCompilationJob, or a request of CreateCompilationJob. */
export function isCompilationJob(document: JsonObject): boolean {
  return document.CompilationJobName !== undefined || document.CompilationJobArn !== undefined;
}

/**
 * Converts a SageMaker Neo compilation job to the packaging job with the same requirements. `names` are used where the job has
 * none. Refused if no packaging job can name its target.
 */
export function packagingJobOf(
  job: JsonObject,
  names: { readonly project: string | null; readonly job: string | null },
): MappedJob | { readonly refused: string } {
  const output = isObject(job.OutputConfig) ? job.OutputConfig : {};
  const target = targetOf(output);
  if ("refused" in target) return target;
  const status = statusOf(job.CompilationJobStatus);
  const digest = digestOf(job.ModelDigests);
  const { description, changes } = wireDescription({
    JobName: nameOf(job) ?? names.job,
    ProjectName: names.project ?? NEO_PROJECT,
    ModelPackagingConfiguration: {
      Greengrass: {
        CompilerOptions: target.options,
        TargetDevice: target.device,
        TargetPlatform: target.platform,
        S3OutputLocation: s3Location(output.S3OutputLocation, "folder"),
        Tags: digest === null ? null : [{ Key: DIGEST_TAG, Value: digest }],
      },
    },
    Status: status.value,
    StatusMessage: job.FailureReason === "" ? null : job.FailureReason,
    CreationTimestamp: secondsOf(job.CreationTime),
    LastUpdatedTimestamp: secondsOf(job.LastModifiedTime),
  });
  const guessed = [
    ...target.guessed,
    ...(names.project === null
      ? [`ProjectName is ${NEO_PROJECT}: a compilation job has none (--project names another)`]
      : []),
    ...status.guessed,
    "component and model version are not known: absent",
    ...(digest === null ? [] : [`the tag ${DIGEST_TAG} is ModelDigests.ArtifactDigest`]),
    ...changes,
  ];
  const ref = { project: description.ProjectName ?? "", job: description.JobName ?? "" };
  return { ref, description, guessed, guessedTarget: target.guessed };
}

// A packaging job has no member for the digest. With the tag, a job of the same name that was compiled again counts as
// another job.
const DIGEST_TAG = "sagemaker:artifact-digest";

function digestOf(digests: unknown): string | null {
  const digest = isObject(digests) ? digests.ArtifactDigest : null;
  return typeof digest === "string" && /^[\w:]{1,256}$/.test(digest) ? digest : null;
}

function nameOf({ CompilationJobName: name, CompilationJobArn: arn }: JsonObject): unknown {
  return name ?? (typeof arn === "string" ? /:compilation-job\/([^/]+)$/.exec(arn)?.[1] : undefined);
}

/** The status of the packaging job, by SageMaker's CompilationJobStatus. */
const STATUS: ReadonlyMap<unknown, string> = new Map([
  ["STARTING", "CREATED"],
  ["INPROGRESS", "RUNNING"],
  ["COMPLETED", "SUCCEEDED"],
  ["FAILED", "FAILED"],
  ["STOPPING", "FAILED"],
  ["STOPPED", "FAILED"],
]);

function statusOf(status: unknown): { readonly value: string | null; readonly guessed: readonly string[] } {
  if (status === undefined || status === null) {
    return { value: null, guessed: ["this is the request: its outcome is not known, Status is absent"] };
  }
  const value = STATUS.get(status) ?? null;
  if (status === "STOPPED" || status === "STOPPING") {
    return { value, guessed: ["Status is FAILED: the compilation was stopped"] };
  }
  const early = value === "CREATED" || value === "RUNNING";
  return { value, guessed: early ? [`Status is ${value}: saved before the compilation ended`] : [] };
}

interface Target {
  readonly device: string | null;
  readonly platform: TargetPlatform | null;
  /** A text, or whatever else CompilerOptions holds, which wireDescription reports. */
  readonly options: unknown;
  readonly guessed: readonly string[];
}

/** The target in the service's terms, or why there is none. */
function targetOf(output: JsonObject): Target | { readonly refused: string } {
  const options = output.CompilerOptions ?? null;
  if (isObject(output.TargetPlatform)) {
    const platform = platformIn(output.TargetPlatform);
    return typeof platform === "string"
      ? unnamable("a target", platform)
      : { device: null, platform, options, guessed: [] };
  }
  const name = output.TargetDevice;
  if (typeof name !== "string" || name === "") {
    return { refused: "is a Neo compilation job without OutputConfig.TargetDevice and TargetPlatform" };
  }
  const device = NEO_DEVICES.get(name);
  const platform = device === undefined ? "packdrift does not know this device" : platformIn(device.platform);
  if (device === undefined || typeof platform === "string") return unnamable(quoted(name, 60), String(platform));
  const { value, guess } = optionsFor(name, device, options);
  // Preview-era packaging jobs had a target device and options as well, so jetson_xavier can stay what it is.
  const xavier = name === "jetson_xavier";
  const mapped = xavier ? [] : [`TargetPlatform stands for TargetDevice ${name}`];
  const guessed = guess === null ? mapped : [...mapped, guess];
  return { device: xavier ? name : null, platform: xavier ? null : platform, options: value, guessed };
}

function unnamable(target: string, why: string): { readonly refused: string } {
  return { refused: `is a Neo compilation job for ${target} that no packaging job can name: ${why}` };
}

/** The options that the job was compiled with: its own or, if it has none, those that Neo's guide lists for the device. */
function optionsFor(
  name: string,
  { options, gpuCode }: NeoDevice,
  given: unknown,
): { value: unknown; guess: string | null } {
  const isGiven = typeof given === "string" ? parseCompilerOptions(given).form !== "none" : given !== null;
  if (isGiven) return { value: given, guess: null };
  if (options !== undefined) {
    return { value: options, guess: `CompilerOptions are what Neo's guide lists for ${name}: the job has none` };
  }
  if (gpuCode === undefined) return { value: null, guess: null };
  return { value: JSON.stringify({ "gpu-code": gpuCode }), guess: `gpu-code is that of ${name}: the job has none` };
}

/** The platform if the service's model allows it, or the member that it does not allow. */
function platformIn({ Os, Arch, Accelerator }: JsonObject | TargetPlatform): TargetPlatform | string {
  if (Os !== "LINUX") return `Os is ${quoted(Os, 60)}, not LINUX`;
  if (Arch !== "ARM64" && Arch !== "X86_64") return `Arch is ${quoted(Arch, 60)}, neither ARM64 nor X86_64`;
  if (!Accelerator) return { Os, Arch };
  if (Accelerator !== "NVIDIA") return `Accelerator is ${quoted(Accelerator, 60)}, not NVIDIA`;
  return { Os, Arch, Accelerator };
}

function secondsOf(time: unknown): number | null {
  const milliseconds = epochMilliseconds(time);
  return milliseconds === null ? null : milliseconds / 1000;
}
