import { describe, expect, it } from "vitest";
import { memoryReturn } from "../../src/agent/memory-return.js";
import { virtualTime } from "../outbox/virtual-time.js";

describe("memoryReturn", () => {
  it("collects a few times, after the last message alone", async () => {
    const time = virtualTime();
    const collectedAt: number[] = [];
    const sent = memoryReturn(time.later, () => collectedAt.push(time.nowMs()));

    for (let round = 0; round < 5; round++) {
      sent();
      await time.run(1_000);
    }
    await time.run(60_000);

    expect(collectedAt).toEqual([6_000, 9_000, 14_000]);
  });
});
