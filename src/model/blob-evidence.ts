import type { Evidence } from "./evidence.js";
import type { LocatedGpuCodes } from "./gpu-evidence.js";
import { BLOB_SYMBOL, type TvmBlob } from "./tvm-blob.js";

/** The version in a graph if the compiler was given none. */
const DEFAULT_TENSORRT = "6.0.1";
const TENSORRT = `${BLOB_SYMBOL}, module tensorrt`;
const SEARCHED = `${BLOB_SYMBOL}, searched`;

/** The GPU code of a blob. */
export function gpuInBlob({ read, scanned }: TvmBlob): LocatedGpuCodes[] {
  return [
    ...read.gpu.map((gpu) => ({ gpu, place: `${BLOB_SYMBOL}, module cuda`, how: "BLOB" }) as const),
    ...(scanned?.gpu ?? []).map((gpu) => ({ gpu, place: SEARCHED, how: "BLOB_SCAN" }) as const),
  ];
}

/** The TensorRT versions in a blob. The compiler's default counts as inferred, since it may not have been requested. */
export function tensorrtInBlob({ read, scanned }: TvmBlob): Evidence[] {
  return [
    ...read.tensorrt.map(
      (value): Evidence => ({ value, place: TENSORRT, how: "BLOB", stated: value !== DEFAULT_TENSORRT }),
    ),
    ...(scanned?.tensorrt ?? []).map(
      (value): Evidence => ({ value, place: SEARCHED, how: "BLOB_SCAN", stated: false }),
    ),
  ];
}

/** What the modules say about the accelerator: CPU only if all of them are known and none is for a GPU. */
export function acceleratorInBlob(blob: TvmBlob): Evidence<"NVIDIA" | "CPU">[] {
  const gpuModule = blob.modules.find((kind) => kind === "cuda" || kind === "tensorrt");
  if (gpuModule !== undefined) {
    return [{ value: "NVIDIA", place: `${BLOB_SYMBOL}, module ${gpuModule}`, how: "BLOB", stated: true }];
  }
  if (blob.scanned !== null && blob.scanned.tensorrt.length + blob.scanned.gpu.length > 0) {
    return [{ value: "NVIDIA", place: SEARCHED, how: "BLOB_SCAN", stated: false }];
  }
  return blob.problem === null ? [{ value: "CPU", place: BLOB_SYMBOL, how: "BLOB", stated: true }] : [];
}
