import { describe, expect, it } from "vitest";
import { chunksOf } from "../../src/base/chunks.js";

describe("chunksOf", () => {
  it("returns all items in their order, a limited number at a time", () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunksOf([1, 2], 2)).toEqual([[1, 2]]);
    expect(chunksOf([], 2)).toEqual([]);
  });
});
