import { describe, expect, it } from "vitest";
import { missingRanges } from "../../../src/fleet/state/delivery.js";

const row = (contiguous: number, stored: unknown, named: unknown = []) => ({
  contiguous,
  stored: JSON.stringify(stored),
  named: JSON.stringify(named),
});

describe("missingRanges", () => {
  it.each([
    ["nothing beyond what is contiguous", row(5, []), []],
    ["a gap before a stored report", row(5, [[8, 9]]), [[6, 7]]],
    [
      "gaps between stored reports",
      row(0, [
        [2, 3],
        [6, 6],
      ]),
      [
        [1, 1],
        [4, 5],
      ],
    ],
    [
      "a gap of which the device named a part",
      row(5, [[12, 12]], [[7, 9, 3]]),
      [
        [6, 6],
        [10, 11],
      ],
    ],
    ["a range of which more is missing than the device named", row(1, [[5, 5]], [[2, 4, 1]]), [[2, 4]]],
    [
      "such a range beyond the first gap, but not one of which the rest is stored",
      row(
        5,
        [
          [8, 8],
          [12, 12],
          [15, 16],
          [18, 18],
        ],
        [
          [9, 11, 2],
          [13, 17, 3],
        ],
      ),
      [
        [6, 7],
        [9, 11],
      ],
    ],
    [
      "a range that begins with what is stored, after which the intake stopped",
      row(5, [[9, 10]], [[4, 7, 1]]),
      [[6, 8]],
    ],
    ["nothing below the beginning of an epoch that is not settled", row(9, [[10, 10]], [[3, 9, 7]]), []],
    ["a range named beyond all stored ones", row(5, [[8, 8]], [[10, 20, 11]]), [[6, 7]]],
  ])("finds %s", (_, epoch, ranges) => {
    expect(missingRanges(epoch)).toEqual(ranges.map(([from, to]) => ({ from, to })));
  });

  it("reads no ranges from other JSON", () => {
    expect(missingRanges({ contiguous: 5, stored: "{", named: '["a",[1,"b"]]' })).toEqual([]);
  });
});
