import { describe, expect, it } from "vitest";
import { tokenBucket } from "../../../src/fleet/feed/token-bucket.js";

function scene(perSecond: number | null) {
  let nowMs = 1_000;
  const bucket = tokenBucket(perSecond, () => nowMs);
  return {
    bucket,
    pass(milliseconds: number) {
      nowMs += milliseconds;
    },
    /** How many may be done at once. */
    spendAll() {
      let count = 0;
      for (; bucket.waitMs() === 0; count++) bucket.spend();
      return count;
    },
  };
}

describe("tokenBucket", () => {
  it("allows a tenth of a second's actions at once, and no more after any time without actions", () => {
    const { pass, spendAll } = scene(50);
    expect(spendAll()).toBe(5);

    pass(3_600_000);
    expect(spendAll()).toBe(5);
  });

  it("says how long to wait for the next one", () => {
    const { bucket, pass, spendAll } = scene(50);
    spendAll();
    expect(bucket.waitMs()).toBe(20);

    pass(15);
    expect(bucket.waitMs()).toBe(5);
    pass(5);
    expect(spendAll()).toBe(1);
  });

  it("allows one at a time when a tenth is less, and everything without a limit", () => {
    const slow = scene(2);
    expect([slow.spendAll(), slow.bucket.waitMs()]).toEqual([1, 500]);

    const free = scene(null).bucket;
    for (let at = 0; at < 1_000; at++) free.spend();
    expect(free.waitMs()).toBe(0);
  });
});
