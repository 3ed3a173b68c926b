import type { PackagingJob } from "../../job/job.js";
import { parseJob } from "../../job/parse-job.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import { epochMilliseconds } from "../../job/wire-answer.js";

/** GPUs of Jetson modules: code for them runs on no other GPU, nor other code on them. */
const TEGRA = ["sm_53", "sm_62", "sm_72", "sm_87"];

/** What in a description contradicts itself or the service's rules between members, in sentences. */
export function contradictions(description: ModelPackagingDescription): readonly string[] {
  const job = parseJob(description);
  return [...target(job), ...options(job), ...component(job), ...course(job, description)];
}

function target({ targetDevice, targetPlatform, configured, output }: PackagingJob): string[] {
  if (targetDevice !== null && targetPlatform !== null)
    return ["TargetDevice and TargetPlatform are both given: must be one"];
  const none = targetDevice === null && targetPlatform === null && (configured.name !== null || output !== null);
  return none ? ["neither TargetDevice nor TargetPlatform is given: what the model was made for cannot be told"] : [];
}

function options({ targetPlatform, targetDevice, compilerOptions }: PackagingJob): string[] {
  const told = compilerOptions.problems.map((problem) => `CompilerOptions: ${problem}`);
  const { gpuCode, trtVer, cudaVer } = compilerOptions;
  if (targetPlatform?.accelerator === "NVIDIA") {
    const missing = [
      gpuCode === null && "gpu-code",
      trtVer === null && "trt-ver",
      cudaVer === null && "cuda-ver",
    ].filter(Boolean);
    if (missing.length > 0) told.push(`an NVIDIA target needs ${missing.join(", ")} in CompilerOptions`);
  }
  const tegra = gpuCode !== null && TEGRA.includes(gpuCode);
  if (tegra && targetPlatform?.arch === "X86_64")
    told.push(`gpu-code ${gpuCode} is that of a Jetson module, Arch is X86_64`);
  if (targetDevice === "jetson_xavier" && gpuCode !== null && gpuCode !== "sm_72") {
    told.push(`gpu-code ${gpuCode} is not that of jetson_xavier (sm_72)`);
  }
  if (targetPlatform !== null && targetPlatform.accelerator === null && gpuCode !== null) {
    told.push(`gpu-code ${gpuCode} is given, but no Accelerator: a model for the CPU`);
  }
  return told;
}

function component({ configured, output, status }: PackagingJob): string[] {
  if (output === null) return status === "SUCCEEDED" ? ["Status is SUCCEEDED without output details"] : [];
  const told: string[] = [];
  if (configured.name !== null && output.name !== null && configured.name !== output.name) {
    told.push(`the component is ${configured.name} in the configuration and ${output.name} in the output`);
  }
  if (
    configured.version !== null &&
    output.version !== null &&
    asNumbers(configured.version) !== asNumbers(output.version)
  ) {
    told.push(
      `the component's version is ${configured.version} in the configuration and ${output.version} in the output`,
    );
  }
  return told;
}

function course(job: PackagingJob, description: ModelPackagingDescription): string[] {
  const created = epochMilliseconds(description.CreationTimestamp);
  const updated = epochMilliseconds(description.LastUpdatedTimestamp);
  const told: string[] = [];
  if (created !== null && updated !== null && updated < created)
    told.push("LastUpdatedTimestamp is before CreationTimestamp");
  if (job.status === "CREATED" || job.status === "RUNNING") {
    told.push(`Status is ${job.status}: the service has ended, so the job never finished or this was saved too early`);
  }
  return told;
}

/** Leading zeros pass the service's pattern, so versions are compared as three numbers. */
function asNumbers(version: string): string {
  return version.split(".").map(Number).join(".");
}
