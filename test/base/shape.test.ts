import { describe, expect, it } from "vitest";
import { optional, orElse, orNull, type Shape, ShapeError, strictMap, text, whole } from "../../src/base/shape.js";

/** The problems of a value, each as path, needed and found. */
function problemsOf(shape: Shape<unknown>, value: unknown): readonly (readonly unknown[])[] {
  try {
    shape(value, "");
    return [];
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return error.problems.map(({ path, needed, found }) => [path, needed, found]);
  }
}

describe("whole", () => {
  it("accepts whole numbers within its bounds, and no texts", () => {
    const shape = whole(1, 3);

    expect([1, 3].map((value) => shape(value, ""))).toEqual([1, 3]);
    expect([0, 4, 1.5, Number.NaN, "2", null].flatMap((value) => problemsOf(shape, value))).toEqual([
      ["", "1 or more", 0],
      ["", "3 or less", 4],
      ["", "a whole number", 1.5],
      ["", "a whole number", Number.NaN],
      ["", "a whole number", "2"],
      ["", "a whole number", null],
    ]);
  });
});

describe("orElse, orNull and optional", () => {
  it("differ in what a missing value becomes", () => {
    const shapes = [orElse(text, "usual"), orNull(text), optional(text)];

    expect(shapes.map((shape) => shape(undefined, ""))).toEqual(["usual", null, undefined]);
    expect(shapes.slice(0, 2).map((shape) => shape(null, ""))).toEqual(["usual", null]);
    expect(problemsOf(optional(text), null)).toEqual([["", "a string", null]]);
  });
});

describe("strictMap", () => {
  const shape = strictMap<{ name: string; inner?: { count: number } }>({
    name: text,
    inner: optional(strictMap<{ count: number }>({ count: whole(0, 9) })),
  });

  it("reads its members, in its own order and without those left out", () => {
    expect(JSON.stringify(shape({ inner: { count: 1 }, name: "a" }, ""))).toBe('{"name":"a","inner":{"count":1}}');
    expect(shape({ name: "a" }, "")).toStrictEqual({ name: "a" });
  });

  it("names every unknown key, with the one that was probably meant, before what is wrong with its members", () => {
    expect(problemsOf(shape, { nmae: "a", inner: { x: true, count: 10 } })).toEqual([
      ["nmae", 'a known key (did you mean "name"?)', "a"],
      ["name", "a string", undefined],
      ["inner.x", "a known key", true],
      ["inner.count", "9 or less", 10],
    ]);
  });

  it("accepts neither lists nor null as a map, nor a prototype's members", () => {
    expect([[], null].flatMap((value) => problemsOf(shape, value))).toEqual([
      ["", "a map", []],
      ["", "a map", null],
    ]);
    expect(problemsOf(shape, Object.create({ name: "a" }))).toEqual([["name", "a string", undefined]]);
  });
});
