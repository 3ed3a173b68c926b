import type { ModelStatement, PackagedModel } from "../../model/model.js";
import { shortPath } from "../../model/short-path.js";

/** The options that a packaging job for NVIDIA needs. */
export const GPU_OPTIONS = ["gpu-code", "trt-ver", "cuda-ver"] as const;
export type GpuOption = (typeof GPU_OPTIONS)[number];

/** One value that a model's files state with certainty, and where; or why they do not. */
export type ReadValue = { readonly value: string; readonly from: string } | { readonly missing: string };

/** Each option, as the model's files state it. */
export function gpuOptionsOf(model: PackagedModel): Readonly<Record<GpuOption, ReadValue>> {
  const codes = model.codes.map((code) => ({ ...code, value: code.value.sm }));
  const built = model.cuda.filter(({ how }) => how !== "NEEDED");
  return {
    "gpu-code": oneValue(model, codes, /^sm_\d{2,3}[a-z]?$/),
    "trt-ver": oneValue(model, model.tensorrt, /^\d+\.\d+\.\d+$/),
    // The job's cuda-ver is the toolkit that compiled the model; the library that it loads is the same up to CUDA 10.
    "cuda-ver": oneValue(model, built.length > 0 ? built : model.cuda, /^\d+\.\d+$/, model.cuda),
  };
}

/** Where a statement was read: the file below the model's folder, and the place in it. */
export function statementLocation(model: PackagedModel, { path, place }: ModelStatement<unknown>): string {
  return `${shortPath(model, path)} (${place})`;
}

/** The only certain value of this form; `all` is everything that the files say about it. */
function oneValue(
  model: PackagedModel,
  decisive: readonly ModelStatement[],
  form: RegExp,
  all: readonly ModelStatement[] = decisive,
): ReadValue {
  const firm = decisive.filter(({ confidence, value }) => confidence === "FIRM" && form.test(value));
  const [first, ...others] = firm;
  if (first !== undefined && others.every(({ value }) => value === first.value)) {
    return { value: first.value, from: statementLocation(model, first) };
  }
  const found = [...new Set(all.map(({ value }) => value))];
  if (found.length === 0) return { missing: "no file says it" };
  if (found.length > 1) return { missing: `the files say ${found.join(" and ")}` };
  const certain = all.some(({ confidence }) => confidence === "FIRM");
  return { missing: `the files say only ${found[0]}${certain ? "" : ", not with certainty"}` };
}
