import { describe, expect, it } from "vitest";
import {
  advance,
  type EpochProgress,
  giveUpGap,
  isFull,
  isStored,
  missingCount,
  withNamed,
  withStored,
} from "../../../src/fleet/ingest/epoch-progress.js";

function someProgress(parts: Partial<EpochProgress> = {}): EpochProgress {
  return { first: 1, contiguous: 0, stored: [], named: [], absent: [], ...parts };
}

describe("the progress of an epoch", () => {
  it("joins stored sequences into spans", () => {
    const progress = [5, 3, 4, 9, 7].reduce(withStored, someProgress({ contiguous: 1 }));
    expect(progress.stored).toEqual([
      [3, 5],
      [7, 7],
      [9, 9],
    ]);
    expect(missingCount(progress)).toBe(3);
    expect([2, 3, 6, 9].map((sequence) => isStored(progress, sequence))).toEqual([false, true, false, true]);
  });

  it("believes a range that names fewer sequences than its length once no more are missing", () => {
    const named = withNamed(someProgress({ contiguous: 1, stored: [[6, 6]] }), [
      { fromSequence: 2, toSequence: 5, count: 2 },
    ]);
    expect(advance(named)).toEqual({ progress: named, lost: [] });

    const later = advance([3, 4].reduce(withStored, named));
    expect(later.progress.contiguous).toBe(6);
    expect(later.lost).toEqual([
      [2, 2],
      [5, 5],
    ]);
  });

  it("passes a range of quadrillions at once", () => {
    const to = 2 ** 40;
    const { progress } = advance(withNamed(someProgress(), [{ fromSequence: 1, toSequence: to, count: to }]));
    expect(progress).toMatchObject({ contiguous: to, absent: [[1, to]] });
  });

  it("removes a late sequence from what is lost", () => {
    const progress = withStored(someProgress({ contiguous: 9, absent: [[3, 6]] }), 4);
    expect(progress.absent).toEqual([
      [3, 3],
      [5, 6],
    ]);
    expect(isStored(progress, 4)).toBe(true);
  });

  it("gives up what is missing before what is stored, and nothing else", () => {
    expect(giveUpGap(someProgress({ contiguous: 2, stored: [[5, 8]] }))).toEqual({
      progress: someProgress({ contiguous: 4, stored: [[5, 8]], absent: [[3, 4]] }),
      lost: [[3, 4]],
    });
    expect(giveUpGap(someProgress({ contiguous: 8 }))).toBeNull();
  });

  it("has a limit of gaps, but always accepts what closes one", () => {
    const stored = Array.from({ length: 1_000 }, (_, at) => [2 * at + 3, 2 * at + 3] as const);
    const progress = someProgress({ contiguous: 1, stored });
    expect([2, 4, 5_000].map((sequence) => isFull(progress, sequence))).toEqual([false, false, true]);
  });
});
