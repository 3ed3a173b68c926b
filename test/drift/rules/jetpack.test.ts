import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/drift/finding.js";
import { findingsOf, someXavier, xavierJob } from "../builders.js";

const jetpack = (...candidates: string[]) =>
  findingsOf("target.device", {
    job: xavierJob(),
    facts: someXavier(
      {},
      { jetpack: candidates.length === 1 ? (candidates[0] ?? null) : null, jetpackCandidates: candidates },
    ),
  })[1] as Finding;

describe("the JetPack's reason", () => {
  it.each([
    [["4.5"], "JetPack 4.5 is one that AWS names"],
    [["4.5", "4.5.1"], "JetPack 4.5 or 4.5.1 is one that AWS names"],
    [["4.6", "4.6.1"], "This is JetPack 4.6 or 4.6.1; AWS names only 4.6.1"],
    [["4.6"], "it brings TensorRT 8.0.1"],
    [["4.6.2"], "JetPack 4.6.2 is later than 4.6.1, the last that AWS names, though its CUDA"],
    [["4.7", "4.8"], "JetPack 4.7 or 4.8 is later than 4.6.1, the last that AWS names"],
    [["4.3"], "JetPack 4.3 is older than the releases that AWS names"],
    [["4.x"], "JetPack 4.x is not one of the releases that AWS names"],
    [["4.4 DP"], "JetPack 4.4 DP is a developer preview"],
    [["5.1"], "JetPack 5.1 is later than the releases that AWS names"],
    [["5.x"], "JetPack 5.x is later than the releases that AWS names"],
    [["3.2.1", "3.3"], "JetPack 3.2.1 or 3.3 is older than the releases that AWS names"],
    [["R5"], "JetPack R5 is not one of the releases that AWS names"],
    [[], "This machine's JetPack is not known (not readable: permission denied)"],
  ])("of %j says that %s", (candidates, because) => {
    expect(jetpack(...candidates).because).toContain(because);
  });

  it("shows every candidate, or nothing without candidates", () => {
    expect(jetpack("4.5", "4.5.1").actual).toBe("JetPack 4.5 or 4.5.1");
    expect(jetpack().actual).toBeNull();
  });
});
