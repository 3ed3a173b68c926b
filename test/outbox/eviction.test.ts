import { describe, expect, it } from "vitest";
import { collapsible, evictable } from "../../src/outbox/eviction.js";

const stored = (name: string, kind: "COMPLETE" | "HEARTBEAT", job: string, sent = false) => ({ name, kind, job, sent });
const names = (some: readonly { readonly name: string }[]) => some.map(({ name }) => name);

const queue = [
  stored("a", "COMPLETE", "x"),
  stored("b", "HEARTBEAT", "x"),
  stored("c", "COMPLETE", "y", true),
  stored("d", "COMPLETE", "x"),
  stored("e", "HEARTBEAT", "x"),
  stored("f", "HEARTBEAT", "y"),
];

describe("evictable", () => {
  it("returns sent reports first, then superseded heartbeats, then superseded complete reports", () => {
    expect(names(evictable(queue))).toEqual(["c", "b", "a"]);
  });

  it("counts coming reports among those that supersede", () => {
    const coming = [stored("g", "COMPLETE", "x")];

    expect(names(evictable(queue, coming))).toEqual(["c", "b", "e", "a", "d"]);
  });
});

describe("collapsible", () => {
  it("returns unsent heartbeats that a later report of their job supersedes", () => {
    expect(names(collapsible([...queue, stored("g", "HEARTBEAT", "y", true)]))).toEqual(["b", "f"]);
  });
});
