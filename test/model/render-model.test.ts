import { describe, expect, it } from "vitest";
import { renderModel } from "../../src/model/render-model.js";
import { someModel, somewhere } from "./some-model.js";

const PLAIN = { colour: false, width: 90 };

describe("renderModel", () => {
  it("shows a summary, and each file with what it says, where and how surely", () => {
    const unread = [{ path: "/m/model/compiled.params", why: "permission denied" }];

    expect(renderModel(someModel({ unread }), PLAIN)).toBe(`com.example.Caps 1.0.0
  /m

  A compiled model for ARM64, on an NVIDIA GPU, with TensorRT 7.1.3, CUDA 10.2, code for
  sm_72 and newer (PTX).

compiled.so  compiled model
  ✓ arch         ARM64                     e_machine
  ✓ accelerator  NVIDIA                    __tvm_dev_mblob, module cuda
  ✓ tensorrt     7.1.3                     __tvm_dev_mblob, module tensorrt
  ✓ cuda         10.2                      __tvm_dev_mblob, module cuda
  ✓ ptx isa      6.5                       __tvm_dev_mblob, module cuda
  ✓ gpu code     sm_72 and newer (PTX)     __tvm_dev_mblob, module cuda

libdlr.so  DLR, the runtime
  ✓ cuda         10.2                      DT_NEEDED libcudart.so.10.2
  ✓ glibc        2.27 or newer             .gnu.version_r, libc.so.6
  ✓ loads        libnvinfer.so.7, libcudart.so.10.2  DT_NEEDED

Adds nothing about the device
  dlr.h

Not read, so what it says is unknown
  ? model/compiled.params: permission denied

✓ stated  ~ inferred  ≠ disputed  ? not read
`);
  });

  it("marks what is inferred, disputed and found by a search", () => {
    const text = renderModel(
      someModel({
        arch: somewhere("ARM64", { confidence: "INFERRED" }),
        cuda: [somewhere("11.8", { confidence: "DISPUTED", place: "__tvm_dev_mblob, searched", how: "BLOB_SCAN" })],
      }),
      PLAIN,
    );

    expect(text).toMatch(/^ {2}~ arch /m);
    expect(text).toMatch(/^ {2}≠ cuda +11\.8 +__tvm_dev_mblob, searched \(found by a search\)$/m);
  });

  it("names an ONNX package as one, and says when a folder has no model", () => {
    const none = { arch: null, accelerator: null, tensorrt: [], cuda: [], ptxIsa: null, codes: [], loads: [] };
    const floors = { glibc: null, glibcxx: null };
    const onnx = someModel({ ...none, floors, files: [{ path: "/m/model.onnx", kind: "ONNX" }] });

    expect(renderModel(onnx, PLAIN)).toContain("An ONNX model without a compiled library");
    expect(renderModel({ ...onnx, files: [{ path: "/m/x", kind: "OTHER" }] }, PLAIN)).toContain(
      "There is no compiled model among these files.",
    );
    expect(renderModel({ ...onnx, files: [] }, PLAIN)).toContain("No file could be read.");
  });

  it("stays within its width, and lets no file name move the cursor", () => {
    const path = `/m/${"long".repeat(40)}\u001b[2J\u202e.so`;
    const loads = Array.from({ length: 30 }, (_, at) => somewhere(`libnumber${at}\u0007.so`, { file: path.slice(3) }));
    const model = someModel({ loads, files: [{ path, kind: "LIBRARY" }], unread: [{ path, why: "x\ny" }] });

    const text = renderModel(model, PLAIN);

    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    const wide = text.split("\n").filter((line) => line.length > PLAIN.width && !line.startsWith("long"));
    expect(wide).toEqual([]);
  });
});
