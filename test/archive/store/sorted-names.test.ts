import { describe, expect, it } from "vitest";
import { includesName, indexAfter, sortNames } from "../../../src/archive/store/sorted-names.js";

const NAMES = sortNames(["b", "a-1", "a", "B", "a1"]);

describe("sortNames", () => {
  it("sorts by code unit", () => {
    expect(NAMES).toEqual(["B", "a", "a-1", "a1", "b"]);
  });
});

describe("indexAfter", () => {
  it.each([
    ["", 0],
    ["B", 1],
    ["a", 2],
    ["a0", 3],
    ["b", 5],
    ["zz", 5],
  ])("finds the first name after %j", (name, index) => {
    expect(indexAfter(NAMES, name)).toBe(index);
  });
});

describe("includesName", () => {
  it.each([
    ["a", true],
    ["B", true],
    ["a0", false],
    ["", false],
    ["zz", false],
  ])("knows whether %j is included", (name, included) => {
    expect(includesName(NAMES, name)).toBe(included);
  });

  it("finds nothing among no names", () => {
    expect(includesName([], "a")).toBe(false);
  });
});
