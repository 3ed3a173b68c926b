import type { GpuCodes } from "./device-code.js";
import type { Evidence } from "./evidence.js";
import type { GpuCode, ModelMethod } from "./model.js";
import { releaseOfIsa } from "./ptx.js";

/** GPU code, and its place in a file. */
export interface LocatedGpuCodes {
  readonly gpu: GpuCodes;
  readonly place: string;
  readonly how: ModelMethod;
}

/** What GPU code states about the GPU and the toolkit that built it. */
interface GpuEvidence {
  readonly accelerator: readonly Evidence<"NVIDIA">[];
  readonly cuda: readonly Evidence[];
  readonly ptxIsas: readonly Evidence[];
  readonly codes: readonly Evidence<GpuCode>[];
}

export function gpuEvidence({ gpu, place, how }: LocatedGpuCodes): GpuEvidence {
  const evidence = <Value>(value: Value, stated = true): Evidence<Value> => ({
    value,
    place,
    how,
    stated: stated && how !== "BLOB_SCAN",
  });
  const releases = gpu.releases.length > 0;
  return {
    accelerator: gpu.codes.length > 0 ? [evidence("NVIDIA")] : [],
    // Compressed PTX hides the compiler's release, but the entry's header has the PTX version, which came with one.
    cuda: releases
      ? gpu.releases.map((release) => evidence(release))
      : gpu.isas.flatMap((isa) => releaseOfIsa(isa) ?? []).map((release) => evidence(release, false)),
    ptxIsas: gpu.isas.map((isa) => evidence(isa)),
    codes: gpu.codes.map((code) => evidence(code)),
  };
}
