import { describe, expect, it } from "vitest";
import { deltaWords, toneOf } from "../../../../src/fleet/web/elements/cause-card.js";

const textOf = (markup: unknown) => String(markup).replace(/<[^>]*>/g, "");

describe("deltaWords", () => {
  const delta = {
    kernelRelease: ["4.9", "5.10"],
    cuda: ["10.2", "11.4"],
    jetpack: ["4.6.1", "5.1.1"],
    tensorrt: [null, "8.5.2"],
  } as const;

  it("names what brought the rest first", () => {
    expect(textOf(deltaWords(delta))).toBe(
      "JetPack 4.6.1 → 5.1.1, CUDA 10.2 → 11.4, TensorRT not known → 8.5.2, kernel 4.9 → 5.10",
    );
  });

  it("counts what does not fit, and shows it when it is only one", () => {
    expect(textOf(deltaWords(delta, 2))).toBe("JetPack 4.6.1 → 5.1.1, CUDA 10.2 → 11.4 and 2 more");
    expect(textOf(deltaWords(delta, 3))).toBe(textOf(deltaWords(delta)));
  });
});

describe("toneOf", () => {
  it("distinguishes what stops a model, what may stop it, and what is unknown", () => {
    expect([
      toneOf({ outcome: "DRIFT", severity: "BLOCKING" }),
      toneOf({ outcome: "DRIFT", severity: "WARNING" }),
      toneOf({ outcome: "UNKNOWN", severity: "BLOCKING" }),
      toneOf({ outcome: "DRIFT", severity: "INFO" }),
    ]).toEqual(["bad", "warn", "unsure", "quiet"]);
  });
});
