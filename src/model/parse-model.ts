import { listOf, objectOf, oneOf, orNull, type Shape, text } from "../base/shape.js";
import type { GpuCode, ModelStatement, PackagedModel } from "./model.js";

/** Checks a packaged model that was stored as JSON; throws ShapeError. */
export const parseModel: Shape<PackagedModel> = objectOf<PackagedModel>({
  component: orNull(text),
  version: orNull(text),
  folders: listOf(text),
  files: listOf(
    objectOf({
      path: text,
      kind: oneOf(
        ...(["COMPILED_MODEL", "RUNTIME", "LIBRARY", "META", "MANIFEST"] as const),
        ...(["GRAPH", "PARAMETERS", "TENSORRT_ENGINE", "ONNX", "OTHER"] as const),
      ),
    }),
  ),
  arch: orNull(statementOf(text)),
  accelerator: orNull(statementOf(oneOf("NVIDIA", "CPU"))),
  tensorrt: listOf(statementOf(text)),
  cuda: listOf(statementOf(text)),
  ptxIsa: orNull(statementOf(text)),
  codes: listOf(statementOf(objectOf<GpuCode>({ kind: oneOf("CUBIN", "PTX"), sm: text }))),
  loads: listOf(statementOf(text)),
  floors: objectOf({ glibc: orNull(statementOf(text)), glibcxx: orNull(statementOf(text)) }),
  unread: listOf(objectOf({ path: text, why: text })),
});

function statementOf<T>(value: Shape<T>): Shape<ModelStatement<T>> {
  return objectOf<ModelStatement<T>>({
    value,
    path: text,
    place: text,
    how: oneOf("NEEDED", "BLOB", "BLOB_SCAN", "FATBIN", "META", "ELF"),
    confidence: oneOf("FIRM", "INFERRED", "DISPUTED"),
  });
}
