import { describe, expect, it } from "vitest";
import { keyOf, limitOf, pageOf, partsOf } from "../../../src/fleet/state/page-keys.js";

describe("limitOf", () => {
  it.each([
    [50, 50],
    [0, 1],
    [-3, 1],
    [2.9, 2],
    [1e9, 1_000],
    [Number.NaN, 1_000],
    [Number.POSITIVE_INFINITY, 1_000],
  ])("turns %s into %s", (limit, used) => {
    expect(limitOf({ limit })).toBe(used);
  });
});

describe("pageOf", () => {
  it("names the last item's key when another item follows, and no key at the end", () => {
    expect(pageOf(["a", "b", "c"], 2, (item) => item)).toEqual({ items: ["a", "b"], next: "b" });
    expect(pageOf(["a", "b"], 2, (item) => item)).toEqual({ items: ["a", "b"], next: null });
    expect(pageOf([], 2, String)).toEqual({ items: [], next: null });
  });
});

describe("partsOf", () => {
  it("returns the parts of a key", () => {
    expect(partsOf(keyOf("a'\"", 7), ["", 0])).toEqual(["a'\"", 7]);
    expect(partsOf(undefined, ["", 0])).toBeNull();
  });

  it.each(["", "x", "7", "null", '{"a":1}', '["a"]', '["a","7"]', '["a",7,8]', '["\\u0000",7]', '["a",null]'])(
    "refuses %j",
    (after) => {
      expect(() => partsOf(after, ["", 0])).toThrow('"after" must be the "next" of the page before');
    },
  );
});
