import { describe, expect, it } from "vitest";
import { groupBy } from "../../src/base/group-by.js";

describe("groupBy", () => {
  it("keeps the order of keys and of each group's items", () => {
    const groups = groupBy(["pear", "fig", "plum", "apple"], (word) => word.length);

    expect([...groups]).toEqual([
      [4, ["pear", "plum"]],
      [3, ["fig"]],
      [5, ["apple"]],
    ]);
  });
});
