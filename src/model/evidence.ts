import type { GpuCode, ModelFileKind, ModelMethod } from "./model.js";

/** A value in one file, and its location there. */
export interface Evidence<Value = string> {
  readonly value: Value;
  readonly place: string;
  readonly how: ModelMethod;
  /** False if the value is derived from something else in the file. */
  readonly stated: boolean;
}

/** What the dynamic loader reads of a library. */
export interface Linkage {
  readonly soname: string | null;
  readonly needed: readonly string[];
  /** The folders of its RUNPATH, or else RPATH, with `$ORIGIN` replaced. */
  readonly folders: readonly string[];
  /** Version names by the library that has them: `libc.so.6` and `GLIBC_2.27`. */
  readonly versionNeeds: readonly { readonly library: string; readonly versions: readonly string[] }[];
}

/** Everything that one file of a model says. */
export interface FileEvidence {
  readonly path: string;
  readonly kind: ModelFileKind;
  readonly arch: Evidence | null;
  readonly accelerator: readonly Evidence<"NVIDIA" | "CPU">[];
  readonly tensorrt: readonly Evidence[];
  readonly cuda: readonly Evidence[];
  readonly ptxIsas: readonly Evidence[];
  readonly codes: readonly Evidence<GpuCode>[];
  readonly linkage: Linkage | null;
  /** Why parts of it could not be read. */
  readonly problems: readonly string[];
}

/** A file that says nothing beyond its kind. */
export function silentFile(path: string, kind: ModelFileKind, problems: readonly string[] = []): FileEvidence {
  const none = { accelerator: [], tensorrt: [], cuda: [], ptxIsas: [], codes: [] };
  return { path, kind, arch: null, ...none, linkage: null, problems };
}
