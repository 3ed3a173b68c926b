import { sameAsFar } from "../base/version.js";
import type { LoaderAnswer } from "../device/loader-answers.js";
import { requirementsOf } from "../job/requirements.js";
import type { ModelStatement } from "../model/model.js";
import type { Severity } from "./finding.js";
import type { Question } from "./make-finding.js";
import type { Subject } from "./needs.js";
import { isRuntime } from "./requirements-of-model.js";

/** A library that the model's files load from outside, and what this machine's loader finds for it. */
export interface ModelLoad {
  readonly soname: string;
  /** The files that name it. */
  readonly by: readonly ModelStatement[];
  readonly answer: LoaderAnswer;
  /** How severe it is if it is missing. */
  readonly severity: Severity;
}

/**
 * Every library that the files load, in the order in which they name them; the loader's answer is unknown if it was not
 * asked.
 */
export function loadsOf(question: Question): readonly ModelLoad[] {
  const { model, loadable = [] } = question;
  const answers = new Map(loadable.map((answer) => [answer.soname, answer]));
  const groups = new Map<string, ModelStatement[]>();
  for (const load of model?.loads ?? []) groups.set(load.value, [...(groups.get(load.value) ?? []), load]);
  return [...groups].map(([soname, by]) => ({
    soname,
    by,
    answer: answers.get(soname) ?? { soname, state: "UNKNOWN", path: null, why: NOT_ASKED },
    severity: severityOf(soname, by, question),
  }));
}

/** The names of all libraries that the models of some lookups load, to be looked up with the loader. */
export function namesLoadedBy(lookups: readonly Pick<Subject, "model">[]): readonly string[] {
  return [...new Set(lookups.flatMap(({ model }) => (model?.loads ?? []).map(({ value }) => value)))];
}

const NOT_ASKED = "this machine's loader was not asked";

/**
 * The Edge Agent may bring its own DLR with its own libraries: what only the bundled one needs keeps the model from
 * running only if the job or the model's code needs the same.
 */
function severityOf(soname: string, by: readonly ModelStatement[], { job, model }: Question): Severity {
  if (model === null || !by.every(({ path }) => isRuntime(model, path))) return "BLOCKING";
  const family = familyOf(soname);
  if (family === null) return "ERROR";
  const stated = job === null ? null : requirementsOf(job);
  const described = family.name === "TensorRT" ? (stated?.trtVer?.value ?? []) : [stated?.cudaVer?.value ?? ""];
  const built = (family.name === "TensorRT" ? model.tensorrt : model.cuda)
    .filter(({ how, confidence }) => how !== "NEEDED" && confidence === "FIRM")
    .map(({ value }) => value);
  return [...described, ...built].some((version) => isMajorOf(family.version, version)) ? "BLOCKING" : "ERROR";
}

/**
 * Libraries whose file names have the major version of the whole product; libcufft and others have numbers of their
 * own.
 */
const FAMILIES = [
  { name: "TensorRT", pattern: /^lib(?:nvinfer|nvinfer_plugin|nvonnxparser|nvparsers)\.so\.(\d+(?:\.\d+)*)$/ },
  { name: "CUDA", pattern: /^lib(?:cudart|nvrtc|cublas|cublasLt)\.so\.(\d+(?:\.\d+)*)$/ },
  { name: "cuDNN", pattern: /^libcudnn(?:_\w+)?\.so\.(\d+(?:\.\d+)*)$/ },
] as const;

/** The product that a library belongs to, and the version in its name; null if the table does not have it. */
export function familyOf(
  soname: string,
): { readonly name: "TensorRT" | "CUDA" | "cuDNN"; readonly version: string } | null {
  for (const { name, pattern } of FAMILIES) {
    const version = pattern.exec(soname)?.[1];
    // libcudart.so.11.0 is the soname of all 11.x.
    if (version !== undefined) return { name, version: version.replace(/^(1[1-9]|[2-9]\d)\.0$/, "$1") };
  }
  return null;
}

function isMajorOf(inName: string, version: string): boolean {
  return version !== "" && sameAsFar(inName.split(".")[0] ?? "", version.split(".")[0] ?? "");
}
