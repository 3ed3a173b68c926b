import { describe, expect, it } from "vitest";
import {
  type Branch,
  conflictsWith,
  newestTime,
  nodeAt,
  plainValue,
  wrapped,
} from "../../src/lab/configuration-nodes.js";

const asIs = (key: string) => key;
const lower = (key: string) => key.toLowerCase();
const ROOT: Branch = {
  kind: "branch",
  name: "",
  at: 1,
  children: new Map([
    ["b", { kind: "leaf", name: "B", value: [1, { x: 2 }], at: 5 }],
    [
      "a",
      { kind: "branch", name: "a", at: 2, children: new Map([["c", { kind: "leaf", name: "c", value: 0, at: 9 }]]) },
    ],
    ["_own", { kind: "leaf", name: "_own", value: true, at: 3 }],
  ]),
};

describe("nodeAt", () => {
  it("follows folded keys and ends at a leaf", () => {
    expect(nodeAt(ROOT, [], asIs)).toBe(ROOT);
    expect(nodeAt(ROOT, ["A", "C"], lower)).toMatchObject({ name: "c", value: 0 });
    expect([nodeAt(ROOT, ["A"], asIs), nodeAt(ROOT, ["b", "x"], asIs), nodeAt(ROOT, ["d"], asIs)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("plainValue", () => {
  it("sorts and hides on classic, and shows everything in its order on lite", () => {
    expect(JSON.stringify(plainValue(ROOT, "classic"))).toBe('{"a":{"c":0},"B":[1,{"x":2}]}');
    expect(JSON.stringify(plainValue(ROOT, "lite"))).toBe('{"B":[1,{"x":2}],"a":{"c":0},"_own":true}');
  });

  it("returns a copy", () => {
    const value = plainValue(ROOT, "lite") as { B: unknown[] };
    value.B.push("more");
    expect(plainValue(ROOT, "lite")).toMatchObject({ B: [1, { x: 2 }] });
  });
});

describe("newestTime", () => {
  it("is the newest leaf's, and an empty map's own", () => {
    expect(newestTime(ROOT)).toBe(9);
    expect(newestTime({ kind: "branch", name: "e", children: new Map(), at: 4 })).toBe(4);
  });
});

describe("conflictsWith", () => {
  it.each([
    [{ a: { c: 1 } }, false],
    [{ a: { d: { e: 1 } } }, false],
    [{ a: 1 }, true],
    [{ b: { x: 1 } }, true],
    [{ a: { c: {} } }, true],
    ["text", true],
  ])("of %j is %s", (value, expected) => {
    expect(conflictsWith(ROOT, value, asIs)).toBe(expected);
  });
});

describe("wrapped", () => {
  it("puts a value under a path", () => {
    expect(wrapped(["a", "b"], 1)).toEqual({ a: { b: 1 } });
    expect(wrapped([], 1)).toBe(1);
  });
});
