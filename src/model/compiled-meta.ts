import { type FileEvidence, silentFile } from "./evidence.js";
import type { FileSlices } from "./file-slices.js";
import { memberObject, readJsonObject } from "./json-file.js";

/** compiled.meta: the compiler's notes for the runtime. One key says what the model runs on. */
export function readCompiledMeta(path: string, slices: FileSlices): FileEvidence {
  const read = readJsonObject(slices);
  if ("problem" in read) return silentFile(path, "META", [read.problem]);
  const { TargetDeviceType: device } = memberObject(read.object, "Requirements");
  const value = device === "cpu" ? "CPU" : device === "gpu" ? "NVIDIA" : null;
  const file = silentFile(path, "META");
  if (value === null) return file;
  return {
    ...file,
    accelerator: [{ value, place: "Requirements.TargetDeviceType", how: "META", stated: true }],
  };
}
