import { parseElfHeader } from "../base/elf.js";
import { viewOf } from "../base/elf-fields.js";
import { fileNameOf } from "../base/paths.js";
import type { Budget } from "./budget.js";
import { readCompiledMeta } from "./compiled-meta.js";
import { cubinSm } from "./cubin.js";
import { readGpuCode } from "./device-code.js";
import { type Evidence, type FileEvidence, silentFile } from "./evidence.js";
import { FATBIN_MAGIC } from "./fatbin.js";
import { type FileSlices, openFile } from "./file-slices.js";
import { gpuEvidence } from "./gpu-evidence.js";
import { readLibrary } from "./library.js";
import type { ModelFileKind } from "./model.js";
import { readModelGraph } from "./model-graph.js";
import type { ModelTree } from "./model-tree.js";

const HEAD_BYTES = 64;
const JSON_TO_IGNORE = ["model-shapes.json", "hyperparams.json", "version.json"];

/** Reads one file of a model: by its name if the compiler uses a fixed one, else by its first bytes. */
export function readModelFile(tree: ModelTree, path: string, budget: Budget): FileEvidence {
  const named = kindByName(path);
  if (named === "ONNX" || named === "PARAMETERS" || named === "MANIFEST") return silentFile(path, named);
  if (named === "TENSORRT_ENGINE") return { ...silentFile(path, named), accelerator: [ENGINE] };
  const read = openFile(tree, path, (slices) => {
    if (named === "META") return readCompiledMeta(path, slices);
    return named === "GRAPH" ? readModelGraph(path, slices) : readByContent(path, slices, budget, named);
  });
  return "value" in read ? read.value : silentFile(path, named, [read.why]);
}

const ENGINE: Evidence<"NVIDIA"> = { value: "NVIDIA", place: "its name", how: "META", stated: false };

function readByContent(path: string, slices: FileSlices, budget: Budget, named: ModelFileKind): FileEvidence {
  const head = slices.read(0, HEAD_BYTES);
  if (head === null) return silentFile(path, named, [slices.problem() ?? "it cannot be read"]);
  const isFatbin = head.length >= 4 && viewOf(head).getUint32(0, true) === FATBIN_MAGIC;
  if (isFatbin || cubinSm(head) !== null || path.endsWith(".ptx")) return readGpuFile(path, slices, budget);
  const isElf = parseElfHeader(head) !== null;
  if (!isElf && named !== "LIBRARY") return silentFile(path, named);
  if (!isElf) return silentFile(path, named, [slices.sizeBytes === 0 ? "it is empty" : "it is not an ELF file"]);
  const over = budget.spend("elfFiles");
  if (over !== null) return silentFile(path, "LIBRARY", [over]);
  return readLibrary(path, slices, budget) ?? silentFile(path, named, ["its ELF header is broken or truncated"]);
}

/** GPU code in a file of its own. */
function readGpuFile(path: string, slices: FileSlices, budget: Budget): FileEvidence {
  const gpu = readGpuCode(slices, 0, slices.sizeBytes, budget);
  const evidence = gpuEvidence({ gpu, place: "the whole file", how: "FATBIN" });
  return { ...silentFile(path, "OTHER", gpu.problem === null ? [] : [gpu.problem]), ...evidence };
}

/** A file's kind by its name; for LIBRARY and OTHER its content decides. */
function kindByName(path: string): ModelFileKind {
  const name = fileNameOf(path);
  if (JSON_TO_IGNORE.includes(name)) return "OTHER";
  if (name === "compiled.meta") return "META";
  if (name === "manifest.json") return "MANIFEST";
  if (name === "compiled_model.json") return "GRAPH";
  if (name === "code.ro" || name === "compiled.params" || name.endsWith(".params")) return "PARAMETERS";
  if (name.endsWith(".onnx")) return "ONNX";
  if (/\.(?:plan|engine|trt|tensorrt)$/.test(name)) return "TENSORRT_ENGINE";
  return /\.so(?:\.[\d.]+)?$/.test(name) ? "LIBRARY" : "OTHER";
}
