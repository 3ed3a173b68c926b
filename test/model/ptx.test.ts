import { describe, expect, it } from "vitest";
import { parsePtx, releaseOfIsa } from "../../src/model/ptx.js";
import { material } from "./slices.js";

describe("parsePtx", () => {
  it("reads target, language and compiler of what NVRTC writes", () => {
    expect(parsePtx(material("kernel.ptx").toString())).toEqual({ target: "sm_53", isa: "7.8", release: "11.8" });
  });

  it("keeps the letter of a target, and does not need the comment", () => {
    expect(parsePtx(".version 8.0\n\t.target sm_90a, debug\n")).toEqual({
      target: "sm_90a",
      isa: "8.0",
      release: null,
    });
  });

  it("is null for text without a target", () => {
    for (const text of ["", ".version 6.5", "// .target sm_72", ".target compute_72", ".targetsm_72"]) {
      expect(parsePtx(text)).toBeNull();
    }
  });
});

describe("releaseOfIsa", () => {
  it("names the CUDA release that brought a version of PTX", () => {
    expect(["6.5", "7.8", "8.5", "9.0", "5.0", "constructor"].map(releaseOfIsa)).toEqual([
      "10.2",
      "11.8",
      "12.5",
      "13.0",
      null,
      null,
    ]);
  });
});
