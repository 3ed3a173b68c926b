import type { Gpu } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import { fits, fittingGpu, type GpuCode, gpusOf, parseCapability, parseGpuCode } from "../gpu-codes.js";
import { drift, evidence, match, notApplicable, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { nameOf } from "./target.js";

/** `compiler.gpu-code`: forward within a major on desktop GPUs, equal on a Jetson; one usable GPU that fits is enough. */
export function compilerGpuCode({ needs, facts }: Question): Finding {
  const path = needs.gpuCode?.path ?? PATHS.gpuCode;
  if (needs.gpu === "NOT_NEEDED") {
    return notApplicable("compiler.gpu-code", path, "The model runs on the CPU, so it holds no GPU code");
  }
  const gpus = gpusOf(facts);
  const statement = {
    rule: "compiler.gpu-code" as const,
    path,
    expected: needs.gpuCode?.value ?? null,
    actual: gpus === null ? null : capabilities(gpus),
    evidence: evidence(SOURCES.cubin, [facts.gpus, gpus && details(gpus)]),
  };
  if (needs.gpuCode === null) {
    return unknown(statement, "The description does not say for which GPU the model was compiled");
  }
  const code = parseGpuCode(needs.gpuCode.value);
  if (code === null) {
    return unknown(statement, `"${needs.gpuCode.value}" is not a GPU code of the form sm_72`);
  }
  if (gpus === null) {
    const why = facts.gpus.state === "unreadable" ? facts.gpus.why : "nothing was said about them";
    return unknown(statement, `This machine's GPUs could not be read: ${why}`);
  }
  const fitting = fittingGpu(code, facts);
  if (fitting !== null) return match({ ...statement, actual: gpuCodeOf(fitting) }, runsOn(code, fitting));
  if (gpus.some((gpu) => gpu.usable && fits(code, gpu) === "UNKNOWN")) {
    return unknown(statement, `The model holds ${code.text} code, but no table has this machine's GPU`);
  }
  return drift("BLOCKING", statement, whyNot(code, gpus));
}

function runsOn(code: GpuCode, gpu: Gpu): string {
  const capability = gpu.computeCapability;
  if (gpuCodeOf(gpu) === code.text) return `The ${nameOf(gpu)} runs ${code.text} code`;
  const tested = code.text === "sm_80" && capability === "8.6" ? ", and AWS tested exactly this on an A10G" : "";
  return `${code.text} code runs on the ${nameOf(gpu)}, whose compute capability ${capability} has the same major${tested}`;
}

function whyNot(code: GpuCode, gpus: readonly Gpu[]): string {
  if (gpus.length === 0) return `The model holds ${code.text} code, but this machine has no NVIDIA GPU`;
  const unused = gpus.find((gpu) => !gpu.usable && fits(code, gpu) === "YES");
  if (unused) {
    const holder = unused.boundTo ? `is held by the driver ${unused.boundTo}` : "is not driven";
    return `The ${nameOf(unused)} would run ${code.text} code, but it ${holder} and cannot be used`;
  }
  const reason = whereItRuns(code, gpus);
  return `The model holds ${code.text} code, ${reason}, but this machine has ${details(gpus)}`;
}

function whereItRuns(code: GpuCode, gpus: readonly Gpu[]): string {
  if (code.tegra) return "which runs on that Jetson GPU alone";
  if (gpus.every((gpu) => gpu.integrated)) return "which is for cards and runs on no Jetson";
  const later = code.exact ? "" : " or a later one of the same major";
  return `which needs compute capability ${code.major}.${code.minor}${later}`;
}

function capabilities(gpus: readonly Gpu[]): string {
  return gpus.length === 0 ? "none" : gpus.map(gpuCodeOf).join(", ");
}

function details(gpus: readonly Gpu[]): string {
  if (gpus.length === 0) return "none";
  return gpus.map((gpu) => `${nameOf(gpu)} (${gpu.computeCapability ?? "unknown compute capability"})`).join(", ");
}

function gpuCodeOf(gpu: Gpu): string {
  const capability = parseCapability(gpu.computeCapability);
  return capability === null ? "unknown" : `sm_${capability.major}${capability.minor}`;
}
