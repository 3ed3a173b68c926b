import type { PackagingJob } from "../../job/job.js";
import { parseJob } from "../../job/parse-job.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import { epochMilliseconds } from "../../job/wire-answer.js";

/** GPUs of Jetson modules: code for them runs on no other GPU, and they run no other code. */
const TEGRA = ["sm_53", "sm_62", "sm_72", "sm_87"];

/** A sentence for each contradiction in a description, or between it and the service's rules for combinations of members. */
export function contradictions(description: ModelPackagingDescription): readonly string[] {
  const job = parseJob(description);
  return [...target(job), ...options(job), ...component(job), ...times(description)];
}

/** A sentence for each part that the service's own descriptions always have and this one lacks. */
export function omissions(description: ModelPackagingDescription): readonly string[] {
  const { targetDevice, targetPlatform, configured, output, compilerOptions, status } = parseJob(description);
  const found: string[] = [];
  if (targetDevice === null && targetPlatform === null && (configured.name !== null || output !== null)) {
    found.push("has neither TargetDevice nor TargetPlatform: the model's target is unknown");
  }
  if (targetPlatform?.accelerator === "NVIDIA") {
    const { gpuCode, trtVer, cudaVer } = compilerOptions;
    const needed = { "gpu-code": gpuCode, "trt-ver": trtVer, "cuda-ver": cudaVer };
    const missing = Object.entries(needed).flatMap(([key, value]) => (value === null ? [key] : []));
    if (missing.length > 0) found.push(`an NVIDIA target needs ${missing.join(", ")} in CompilerOptions`);
  }
  if (output === null && status === "SUCCEEDED") found.push("Status is SUCCEEDED, but there are no output details");
  if (status === "CREATED" || status === "RUNNING") {
    found.push(`Status is ${status}: the service has ended, so the job never finished or was saved too early`);
  }
  return found;
}

function target({ targetDevice, targetPlatform }: PackagingJob): string[] {
  const both = targetDevice !== null && targetPlatform !== null;
  return both ? ["has both TargetDevice and TargetPlatform: must have one of them"] : [];
}

function options({ targetPlatform, targetDevice, compilerOptions }: PackagingJob): string[] {
  const found = compilerOptions.problems.map((problem) => `CompilerOptions: ${problem}`);
  const { gpuCode } = compilerOptions;
  if (gpuCode === null) return found;
  if (targetPlatform?.arch === "X86_64" && TEGRA.includes(gpuCode)) {
    found.push(`gpu-code ${gpuCode} belongs to a Jetson module, but Arch is X86_64`);
  }
  if (targetDevice === "jetson_xavier" && gpuCode !== "sm_72") {
    found.push(`gpu-code is ${gpuCode}, but jetson_xavier has sm_72`);
  }
  if (targetPlatform !== null && targetPlatform.accelerator === null) {
    found.push(`gpu-code is ${gpuCode}, but without Accelerator the model is for the CPU`);
  }
  return found;
}

function component({ configured, output }: PackagingJob): string[] {
  if (output === null) return [];
  const found: string[] = [];
  if (configured.name !== null && output.name !== null && configured.name !== output.name) {
    found.push(`the component is ${configured.name} in the configuration, but ${output.name} in the output`);
  }
  const [requested, made] = [configured.version, output.version];
  if (requested !== null && made !== null && asNumbers(requested) !== asNumbers(made)) {
    found.push(`the component's version is ${requested} in the configuration, but ${made} in the output`);
  }
  return found;
}

function times(description: ModelPackagingDescription): string[] {
  const created = epochMilliseconds(description.CreationTimestamp);
  const updated = epochMilliseconds(description.LastUpdatedTimestamp);
  const backwards = created !== null && updated !== null && updated < created;
  return backwards ? ["LastUpdatedTimestamp is before CreationTimestamp"] : [];
}

/** Leading zeros pass the service's pattern, so compare versions as three numbers. */
function asNumbers(version: string): string {
  return version.split(".").map(Number).join(".");
}
