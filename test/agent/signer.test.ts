import { describe, expect, it } from "vitest";
import { signer } from "../../src/agent/signer.js";

describe("signer", () => {
  it("signs with the key, which is opened once", () => {
    let opened = 0;
    const sign = signer(
      () => {
        opened += 1;
        return (text) => `signed ${text}`;
      },
      () => expect.unreachable(),
    );

    expect([sign("a"), sign("b"), opened]).toEqual(["signed a", "signed b", 1]);
  });

  it("leaves reports unsigned when there is no key", () => {
    expect(
      signer(
        () => null,
        () => expect.unreachable(),
      )("a"),
    ).toBe(null);
  });

  it("reports once that the key cannot be used, and signs as soon as it can", () => {
    const problems: string[] = [];
    let broken = true;
    const sign = signer(
      () => {
        if (broken) throw new Error("others may read it");
        return () => "signed";
      },
      (problem) => problems.push(problem),
    );

    expect([sign("a"), sign("b")]).toEqual([null, null]);
    broken = false;
    expect([sign("c"), problems]).toEqual(["signed", ["others may read it"]]);
  });
});
