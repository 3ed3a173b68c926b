import { describe, expect, it } from "vitest";
import { BatchOrder, inRuns } from "../../../src/fleet/store/batch-order.js";

describe("BatchOrder", () => {
  it("returns a batch once all of its parts have arrived, in order", () => {
    const order = new BatchOrder<string>();

    expect(order.take({ batch: 1, part: 1, of: 2 }, "b")).toEqual([]);
    expect(order.take({ batch: 1, part: 0, of: 2 }, "a")).toEqual([["a", "b"]]);
  });

  it("holds a whole batch until the ones before it are whole", () => {
    const order = new BatchOrder<string>();

    expect(order.take({ batch: 1, part: 0, of: 2 }, "1a")).toEqual([]);
    expect(order.take({ batch: 3, part: 0, of: 1 }, "3a")).toEqual([]);
    expect(order.take({ batch: 2, part: 0, of: 1 }, "2a")).toEqual([]);
    expect(order.take({ batch: 1, part: 1, of: 2 }, "1b")).toEqual([["1a", "1b"], ["2a"], ["3a"]]);
    expect(order.take({ batch: 4, part: 0, of: 1 }, "4a")).toEqual([["4a"]]);
  });
});

describe("inRuns", () => {
  it("splits a list into runs of much the same length, in its order", () => {
    expect(inRuns([1, 2, 3, 4, 5], 2, 2)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it("makes fewer runs from a short list, and one from an empty list", () => {
    expect(inRuns([1, 2, 3], 2, 2)).toEqual([[1, 2, 3]]);
    expect(inRuns([], 2, 2)).toEqual([[]]);
  });
});
