import type { DeviceFacts, Gpu } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import { silent, unreadNote } from "../basis.js";
import type { Finding } from "../finding.js";
import { fits, fittingCode, fittingPair, gpusOf, type ModelCode, parseCapability } from "../gpu-codes.js";
import { drift, evidence, match, notApplicable, type Question, type Statement, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { isKeptFromContainer, nameOf } from "./target.js";

/**
 * `compiler.gpu-code`: forward within a major on desktop GPUs, equal on a Jetson; PTX from its architecture on. One usable GPU
 * that fits is enough.
 */
export function compilerGpuCode(question: Question): Finding {
  const { needs, facts } = question;
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
    // TensorRT builds its engine on the device, for its GPU.
    if (isTensorrtAlone(question)) return notApplicable("compiler.gpu-code", path, TENSORRT_ALONE);
    const because = `${silent(question)} for which GPU the model was compiled${unreadNote(question)}`;
    return unknown(statement, because);
  }
  const { codes } = needs;
  if (codes.length === 0) {
    return unknown(statement, `"${needs.gpuCode.value}" is not a GPU code of the form sm_72`);
  }
  if (gpus === null) {
    const why = facts.gpus.state === "unreadable" ? facts.gpus.why : "they are not in the facts";
    return unknown(statement, `This machine's GPUs could not be read: ${why}`);
  }
  const fitting = fittingPair(codes, facts);
  if (fitting !== null) return fittingFinding(fitting.code, fitting.gpu, statement);
  if (gpus.some((gpu) => gpu.usable && codes.some((one) => fits(one, gpu) === "UNKNOWN"))) {
    return unknown(statement, `The model holds ${textOf(codes)} code, but no table has this machine's GPU`);
  }
  const idle = gpus.find((gpu) => !gpu.usable && fittingCode(codes, gpu) !== null);
  if (idle !== undefined && facts.accelerator.state === "unreadable") {
    const because = `The ${nameOf(idle)} would run ${textOf(codes)} code, but whether it is driven is not known: ${facts.accelerator.why}`;
    return unknown(statement, because);
  }
  return drift("BLOCKING", statement, whyNot(codes, gpus, facts));
}

const TENSORRT_ALONE =
  "The model's files hold no GPU code of their own: TensorRT builds its engine on the device, for the GPU that is there";

function isTensorrtAlone({ model }: Question): boolean {
  return model !== null && model.unread.length === 0 && model.tensorrt.length > 0;
}

/**
 * PTX runs on other GPUs too, but the first start takes longer and it is untested there, so it is a warning. Within a
 * major version, cards are as similar as for cubins, which match.
 */
function fittingFinding(code: ModelCode, gpu: Gpu, statement: Statement): Finding {
  const actual = gpuCodeOf(gpu);
  const compared = { ...statement, actual };
  if (fits({ ...code, kind: "CUBIN" }, gpu) === "YES") return match(compared, runsOn(code, gpu));
  const because = `The model holds PTX for ${code.text}, which the driver translates for the ${nameOf(gpu)} (${actual}) at the first start; it was made for another GPU`;
  return drift("WARNING", compared, because);
}

function textOf(codes: readonly ModelCode[]): string {
  return [...new Set(codes.map(({ text, kind }) => (kind === "PTX" ? `${text} PTX` : text)))].join(", ");
}

function runsOn(code: ModelCode, gpu: Gpu): string {
  const capability = gpu.computeCapability;
  if (gpuCodeOf(gpu) === code.text) return `The ${nameOf(gpu)} runs ${code.text} code`;
  const tested = code.text === "sm_80" && capability === "8.6" ? ", and AWS tested exactly this on an A10G" : "";
  return `${code.text} code runs on the ${nameOf(gpu)}, whose compute capability ${capability} has the same major${tested}`;
}

/** A Tegra runs CUDA on its own GPU or on a card, not on both. */
function isOutOfMode(gpu: Gpu, gpus: readonly Gpu[]): boolean {
  return gpu.integrated && gpus.some((other) => other.usable && !other.integrated);
}

function whyNot(codes: readonly ModelCode[], gpus: readonly Gpu[], facts: DeviceFacts): string {
  const text = textOf(codes);
  if (gpus.length === 0) return `The model holds ${text} code, but this machine has no NVIDIA GPU`;
  const unused = gpus.find((gpu) => !gpu.usable && fittingCode(codes, gpu) !== null);
  if (unused) {
    const idle = isKeptFromContainer(unused, facts) ? "is not given to this container" : "is not driven";
    if (isOutOfMode(unused, gpus)) {
      return `The ${nameOf(unused)} would run ${text} code, but this machine is in the mode for cards, where only ${details(gpus.filter((gpu) => gpu.usable))} runs CUDA`;
    }
    const holder = unused.boundTo ? `is held by the driver ${unused.boundTo}` : idle;
    return `The ${nameOf(unused)} would run ${text} code, but it ${holder} and cannot be used`;
  }
  const [only, another] = codes;
  const reason = only !== undefined && another === undefined ? whereItRuns(only, gpus) : "which is for other GPUs";
  return `The model holds ${text} code, ${reason}, but this machine has ${details(gpus)}`;
}

function whereItRuns(code: ModelCode, gpus: readonly Gpu[]): string {
  if (code.kind === "PTX" && !code.exact) return `which needs compute capability ${code.major}.${code.minor} or later`;
  if (code.tegra) return "which runs only on that Jetson GPU";
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
