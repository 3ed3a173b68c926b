import { describe, expect, it } from "vitest";
import { brokenBy, change, list, neoBuild, nothing, renderRemedy } from "../../../src/drift/remedies/remedy.js";

const broken = { job: "gear-teeth", because: "wants TensorRT 7.1.3" };
const model = { job: "bottle-model", isModel: true as const, because: "wants CUDA 10.2" };
const remedy = { ...change("JetPack 4.6.1", ["compiler.trt-ver"], ["brings TensorRT 8.2.1"]) };

describe("renderRemedy", () => {
  it("says what to do, what that does and what it breaks", () => {
    expect(renderRemedy(change("A reboot", []))).toBe("A reboot");
    expect(renderRemedy(remedy)).toBe("JetPack 4.6.1 brings TensorRT 8.2.1");
    expect(renderRemedy({ ...remedy, breaks: [broken, model] })).toBe(
      "JetPack 4.6.1 brings TensorRT 8.2.1; it breaks job gear-teeth, which wants TensorRT 7.1.3 and model bottle-model, which wants CUDA 10.2",
    );
  });
});

describe("brokenBy", () => {
  it("returns from the text what the fix breaks, and null if nothing", () => {
    expect(brokenBy(renderRemedy({ ...remedy, breaks: [broken] }))).toBe("job gear-teeth, which wants TensorRT 7.1.3");
    expect(brokenBy(renderRemedy(remedy))).toBeNull();
    expect(brokenBy("; it breaks job a, which wants CUDA 11")).toBe("job a, which wants CUDA 11");
  });
});

describe("what cannot be fixed on the machine", () => {
  it("satisfies no rule and breaks nothing, nor does a component that Neo compiled", () => {
    expect([nothing("a"), neoBuild("sm_72")]).toEqual([
      { change: "Nothing on this machine helps: a", effects: [], satisfies: [], breaks: [] },
      { change: expect.stringContaining("for sm_72: Lookout"), effects: [], satisfies: [], breaks: [] },
    ]);
  });
});

describe("list", () => {
  it("joins texts as in a sentence", () => {
    expect([list([]), list(["a"]), list(["a", "b"]), list(["a", "b", "c"])]).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
  });
});
