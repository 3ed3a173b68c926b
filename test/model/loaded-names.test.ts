import { describe, expect, it } from "vitest";
import { cudaOfName, tensorrtOfName } from "../../src/model/loaded-names.js";

describe("tensorrtOfName", () => {
  it("is the major in the name of TensorRT's library, and of no other", () => {
    const names = ["libnvinfer.so.7", "libnvinfer.so.8.2.1", "libnvinfer.so", "libnvinfer_plugin.so.7", "libc.so.6"];

    expect(names.map(tensorrtOfName)).toEqual(["7", "8", null, null, null]);
  });
});

describe("cudaOfName", () => {
  it("is x.y up to 10, and from 11 on the major alone: libcudart.so.11.0 is the name in every 11.x", () => {
    const names = ["libcudart.so.10.2", "libcudart.so.11.0", "libcudart.so.12", "libnvrtc.so.11.2", "libnvrtc.so.10.2"];

    expect(names.map(cudaOfName)).toEqual(["10.2", "11", "12", "11", "10.2"]);
  });

  it("is null for libraries whose numbers are their own", () => {
    expect(["libcuda.so.1", "libcudnn.so.8", "libcublas.so.11", "libcudart.so"].map(cudaOfName)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});
