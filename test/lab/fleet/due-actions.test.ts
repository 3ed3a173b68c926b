import { describe, expect, it } from "vitest";
import { DueActions } from "../../../src/lab/fleet/due-actions.js";

function scene() {
  const due = new DueActions();
  const done: string[] = [];
  return { due, done, add: (at: number, name: string) => due.add(at, () => void done.push(name)) };
}

describe("DueActions", () => {
  it("runs the soonest first, and of the same time the one that was added first", () => {
    const { due, done, add } = scene();
    add(20, "c");
    add(10, "a");
    add(20, "d");
    add(10, "b");
    const times = [];
    for (; due.nextAt !== null; due.runNext()) times.push(due.nextAt);

    expect([times, done]).toEqual([
      [10, 10, 20, 20],
      ["a", "b", "c", "d"],
    ]);
  });

  it("removes one of several of the same time, and nothing once it has run", () => {
    const { due, done, add } = scene();
    const first = add(10, "a");
    const second = add(10, "b");
    add(10, "c");
    second();
    due.runNext();
    first();
    second();
    due.runNext();

    expect([done, due.nextAt]).toEqual([["a", "c"], null]);
  });

  it("is empty once it is cleared", () => {
    const { due, done, add } = scene();
    add(10, "a");
    due.clear();
    due.runNext();

    expect([due.nextAt, done]).toEqual([null, []]);
  });
});
