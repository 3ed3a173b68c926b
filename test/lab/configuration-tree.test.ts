import { describe, expect, it } from "vitest";
import { configurationTree } from "../../src/lab/configuration-tree.js";

describe("configurationTree", () => {
  it("sorts keys and hides those that start with _ on classic only", () => {
    const value = { b: 1, A: 2, _hidden: 3 };
    expect(JSON.stringify(configurationTree("classic", value, 1).find([])?.value)).toBe('{"A":2,"b":1}');
    expect(JSON.stringify(configurationTree("lite", value, 1).find([])?.value)).toBe(JSON.stringify(value));
  });

  it("keeps the newer of two values, whichever comes first", () => {
    const tree = configurationTree("classic", { a: "old" }, 1);
    tree.merge([], { a: "new" }, 20);
    tree.merge([], { a: "late" }, 10);
    expect([tree.find(["a"])?.value, tree.modifiedAt([])]).toEqual(["new", 20]);
  });

  it("notifies a watcher below that its branch is gone", () => {
    const tree = configurationTree("classic", { a: { b: { c: 1 } } }, 1);
    const told: unknown[] = [];
    tree.watch(["A", "b", "c"], (path) => told.push(path));
    tree.remove(["a", "b"]);
    expect(told).toEqual([["a", "b"]]);
  });

  it("is not harmed by keys that JavaScript knows", () => {
    const tree = configurationTree("lite", JSON.parse('{"__proto__":{"x":1},"constructor":2}'), 1);
    expect([tree.find(["__proto__", "x"])?.value, tree.find(["constructor"])?.value]).toEqual([1, 2]);
    expect(tree.find(["toString"])).toBeNull();
  });
});
