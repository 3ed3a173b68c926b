import type { ModelStatement, PackagedModel } from "../../src/model/model.js";

/** A statement of a file in `/m`. */
export function somewhere<Value>(
  value: Value,
  rest: Partial<ModelStatement<Value>> & { readonly file?: string } = {},
): ModelStatement<Value> {
  const { file = "compiled.so", ...given } = rest;
  return { value, path: `/m/${file}`, place: "e_machine", how: "ELF", confidence: "FIRM", ...given };
}

/** What the files of an ordinary model for a Jetson say. */
export function someModel(changes: Partial<PackagedModel> = {}): PackagedModel {
  const blob = { place: "__tvm_dev_mblob, module cuda", how: "BLOB" } as const;
  const needed = { file: "libdlr.so", place: "DT_NEEDED", how: "NEEDED" } as const;
  return {
    component: "com.example.Caps",
    version: "1.0.0",
    folders: ["/m"],
    files: [
      { path: "/m/compiled.so", kind: "COMPILED_MODEL" },
      { path: "/m/libdlr.so", kind: "RUNTIME" },
      { path: "/m/dlr.h", kind: "OTHER" },
    ],
    arch: somewhere("ARM64"),
    accelerator: somewhere("NVIDIA", blob),
    tensorrt: [somewhere("7.1.3", { place: "__tvm_dev_mblob, module tensorrt", how: "BLOB" })],
    cuda: [somewhere("10.2", blob), somewhere("10.2", { ...needed, place: "DT_NEEDED libcudart.so.10.2" })],
    ptxIsa: somewhere("6.5", blob),
    codes: [somewhere({ kind: "PTX", sm: "sm_72" }, blob)],
    loads: [somewhere("libnvinfer.so.7", needed), somewhere("libcudart.so.10.2", needed)],
    floors: {
      glibc: somewhere("2.27", { ...needed, place: ".gnu.version_r, libc.so.6", how: "ELF" }),
      glibcxx: null,
    },
    unread: [],
    ...changes,
  };
}
