import { folderOf } from "../base/paths.js";
import { compareVersionTexts, sameAsFar } from "../base/version.js";
import { demandsOf } from "./demands.js";
import type { Evidence, FileEvidence } from "./evidence.js";
import { CUDA_MINORS_SINCE } from "./loaded-names.js";
import type { GpuCode, ModelFileKind, ModelStatement, PackagedModel } from "./model.js";

/** Evidence and the file that has it. */
interface Located<Value = string> extends Evidence<Value> {
  readonly path: string;
}

type Combined = Pick<
  PackagedModel,
  "arch" | "accelerator" | "tensorrt" | "cuda" | "ptxIsa" | "codes" | "loads" | "floors"
>;

/** Combines what all files say: the union over the stages. If places disagree, all are kept and marked as disputed. */
export function combine(files: readonly FileEvidence[]): Combined {
  const models = files.filter(({ kind }) => kind === "COMPILED_MODEL");
  const withCode = codeSources(files, models);
  return {
    arch: archOf(files, models),
    accelerator: acceleratorOf(files, models),
    tensorrt: statements(withoutDefault(located(files, ({ tensorrt }) => tensorrt)), sameAsFar),
    cuda: statements(
      located(files, (file) => file.cuda.filter(({ how }) => how === "NEEDED" || withCode.includes(file))),
      sameCuda,
    ),
    ptxIsa: newestIsa(located(withCode, ({ ptxIsas }) => ptxIsas)),
    codes: codesOf(withCode),
    ...demandsOf(files),
  };
}

function located<Value>(
  files: readonly FileEvidence[],
  pick: (file: FileEvidence) => readonly Evidence<Value>[],
): Located<Value>[] {
  return files.flatMap((file) => pick(file).map((evidence) => ({ ...evidence, path: file.path })));
}

function statement<Value>(
  { value, path, place, how, stated }: Located<Value>,
  isDisputed: boolean,
): ModelStatement<Value> {
  return { value, path, place, how, confidence: isDisputed ? "DISPUTED" : stated ? "FIRM" : "INFERRED" };
}

/** Each value once per file and place; disputed if any two differ in a part that both state. */
function statements(all: readonly Located[], same: (a: string, b: string) => boolean): ModelStatement[] {
  const each = new Map(all.map((one) => [`${one.value}\n${one.path}\n${one.place}`, one]));
  const kept = [...each.values()];
  const values = [...new Set(kept.map(({ value }) => value))];
  const disputed = new Set(values.filter((value) => values.some((other) => !same(value, other))));
  return kept.map((one) => statement(one, disputed.has(one.value)));
}

/** The compiled model decides; other libraries count only if there is none. */
function archOf(files: readonly FileEvidence[], models: readonly FileEvidence[]): ModelStatement | null {
  const archs = (from: readonly FileEvidence[]) => located(from, ({ arch }) => (arch === null ? [] : [arch]));
  const all = archs(files);
  const [first] = models.length > 0 ? archs(models) : all.map((one) => ({ ...one, stated: false }));
  if (first === undefined) return null;
  return statement(
    first,
    all.some(({ value }) => value !== first.value),
  );
}

/**
 * NVIDIA if any stage uses it; CPU only if every compiled model says so. Only a disagreement within a stage is a dispute: one
 * stage may run on the CPU and another on the GPU.
 */
function acceleratorOf(
  files: readonly FileEvidence[],
  models: readonly FileEvidence[],
): ModelStatement<"NVIDIA" | "CPU"> | null {
  const used = acceleratorEvidence(files);
  const inFolder = (folder: string) => used.filter(({ path }) => folderOf(path) === folder);
  const [nvidia] = byTrust(used.filter(({ value }) => value === "NVIDIA"));
  if (nvidia !== undefined)
    return statement(
      nvidia,
      inFolder(folderOf(nvidia.path)).some(({ value }) => value === "CPU"),
    );
  if (models.some(({ path }) => inFolder(folderOf(path)).length === 0)) return null;
  const [cpu] = byTrust(used);
  return cpu === undefined ? null : statement(cpu, false);
}

/** A runtime or library that can use a GPU also serves CPU models: it counts only if the model's own files say nothing. */
function acceleratorEvidence(files: readonly FileEvidence[]): Located<"NVIDIA" | "CPU">[] {
  const all = (from: readonly FileEvidence[]) => located(from, ({ accelerator }) => accelerator);
  const own = all(files.filter(({ kind }) => OWN_KINDS.includes(kind))).filter(({ how }) => how !== "NEEDED");
  if (own.length > 0) return own;
  const others = all(files);
  const telling = others.filter(({ how }) => how !== "NEEDED");
  return telling.length > 0 ? telling : others;
}

const OWN_KINDS: readonly ModelFileKind[] = ["COMPILED_MODEL", "META", "GRAPH", "TENSORRT_ENGINE"];

function byTrust<Value>(all: readonly Located<Value>[]): Located<Value>[] {
  return [...all].sort((a, b) => Number(b.stated) - Number(a.stated));
}

/** The compiler writes 6.0.1 if it was given no version, so that is dropped if a library of another major is loaded. */
function withoutDefault(all: readonly Located[]): Located[] {
  const isDefault = ({ how, stated, value }: Located) => how === "BLOB" && !stated && value === "6.0.1";
  const loaded = all.filter(({ how }) => how === "NEEDED");
  if (loaded.length === 0) return [...all];
  const isLoaded = ({ value }: Located) => loaded.some((library) => sameAsFar(library.value, value));
  return all.flatMap((one) => (isDefault(one) ? (isLoaded(one) ? [{ ...one, stated: true }] : []) : [one]));
}

/** From CUDA 11 on, minor versions are interchangeable, and library names have only the major. */
function sameCuda(a: string, b: string): boolean {
  const [majorA, majorB] = [a, b].map((version) => Number(version.split(".")[0]));
  return (majorA ?? 0) >= CUDA_MINORS_SINCE ? majorA === majorB : sameAsFar(a, b);
}

/**
 * The files whose GPU code is the model's: its compiled libraries. Another library in the package may be NVIDIA's own, with code
 * for every architecture. Without a compiled model, all files but runtimes.
 */
function codeSources(files: readonly FileEvidence[], models: readonly FileEvidence[]): readonly FileEvidence[] {
  return models.length > 0 ? models : files.filter(({ kind }) => kind !== "RUNTIME");
}

function codesOf(withCode: readonly FileEvidence[]): ModelStatement<GpuCode>[] {
  const each = new Map(
    located(withCode, ({ codes }) => codes).map((one) => [`${one.value.kind} ${one.value.sm} ${one.path}`, one]),
  );
  return [...each.values()]
    .sort((a, b) => numberOf(a.value.sm) - numberOf(b.value.sm))
    .map((one) => statement(one, false));
}

function numberOf(sm: string): number {
  return Number(/\d+/.exec(sm)?.[0] ?? 0);
}

function newestIsa(all: readonly Located[]): ModelStatement | null {
  const newest = [...all].sort((a, b) => compareVersionTexts(a.value, b.value)).at(-1);
  return newest === undefined ? null : statement(newest, false);
}
