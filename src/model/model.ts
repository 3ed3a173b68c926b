/** How a value was found in a file: DT_NEEDED, the TVM blob, a bounded scan for it, NVIDIA's fat binary, compiled.meta, an ELF header. */
export type ModelMethod = "NEEDED" | "BLOB" | "BLOB_SCAN" | "FATBIN" | "META" | "ELF";

/** A value that a file of the model states, and its place. */
export interface ModelStatement<Value = string> {
  readonly value: Value;
  /** The file, absolute as seen from the root. */
  readonly path: string;
  /** The place in the file: `e_machine`, `DT_NEEDED`, `__tvm_dev_mblob, module tensorrt`. */
  readonly place: string;
  readonly how: ModelMethod;
  /** DISPUTED: another file, or another place in this one, states something else. */
  readonly confidence: "FIRM" | "INFERRED" | "DISPUTED";
}

/** Code for one GPU architecture: a cubin runs as it is, PTX also on newer architectures. */
export interface GpuCode {
  readonly kind: "CUBIN" | "PTX";
  /** `sm_72` */
  readonly sm: string;
}

/** What one file of a model is. */
export type ModelFileKind =
  | "COMPILED_MODEL"
  | "RUNTIME"
  | "LIBRARY"
  | "META"
  | "MANIFEST"
  | "GRAPH"
  | "PARAMETERS"
  | "TENSORRT_ENGINE"
  | "ONNX"
  | "OTHER";

/** A file or folder that could not be read completely, and why. What it would have said is unknown, not absent. */
export interface Unread {
  readonly path: string;
  readonly why: string;
}

/**
 * What the files of one packaged model say. A value that is missing was not found;
 * with `unread` not empty it may still be there.
 */
export interface PackagedModel {
  /** The Greengrass component, if the folder or the caller names it. */
  readonly component: string | null;
  readonly version: string | null;
  /** The folders that were read, absolute as seen from the root. */
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly kind: ModelFileKind }[];
  /** `ARM64` or `X86_64` of the compiled library, or the name of another machine: `ARM`. */
  readonly arch: ModelStatement | null;
  readonly accelerator: ModelStatement<"NVIDIA" | "CPU"> | null;
  /** `7.1.3`, or only the major (`7`) if a library's name states no more. */
  readonly tensorrt: readonly ModelStatement[];
  /** `10.2`, or only the major: what the code was built with (PTX) and what it loads (DT_NEEDED). */
  readonly cuda: readonly ModelStatement[];
  /** The newest PTX ISA, `6.5`. */
  readonly ptxIsa: ModelStatement | null;
  readonly codes: readonly ModelStatement<GpuCode>[];
  /** Names of libraries that the files load and that are not in the model itself: `libnvinfer.so.7`. */
  readonly loads: readonly ModelStatement[];
  /** The newest versions that the files need from the system's C and C++ libraries: `2.27`, `3.4.22`. */
  readonly floors: { readonly glibc: ModelStatement | null; readonly glibcxx: ModelStatement | null };
  readonly unread: readonly Unread[];
}
