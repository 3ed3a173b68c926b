import { describe, expect, it } from "vitest";
import { lastGoodIn } from "../../src/agent/last-good.js";

function scene(first: string | null = null) {
  const state = { text: first, readOnly: false, writes: 0, problems: [] as string[] };
  const store = {
    read: () => state.text,
    write(_: string, text: string) {
      if (state.readOnly) throw new Error("EROFS");
      state.writes += 1;
      state.text = text;
    },
  };
  return { state, start: () => lastGoodIn(store, (problem) => state.problems.push(problem)) };
}

describe("lastGoodIn", () => {
  it("returns what an earlier session stored, and writes only what differs", () => {
    const { state, start } = scene();
    start().save({ a: 1 });
    const next = start();
    next.save({ a: 1 });

    expect([start().load(), next.load(), state.writes]).toEqual([{ a: 1 }, { a: 1 }, 1]);
  });

  it.each([null, "", "{", "null"])("returns null where the file holds %j", (text) => {
    expect(scene(text).start().load()).toBe(null);
  });

  it("keeps it in memory where the folder cannot be written to, and reports that once", () => {
    const { state, start } = scene();
    state.readOnly = true;
    const lastGood = start();
    lastGood.save({ a: 1 });
    lastGood.save({ a: 2 });
    expect([lastGood.load(), state.problems]).toEqual([{ a: 2 }, ["EROFS"]]);

    state.readOnly = false;
    lastGood.save({ a: 3 });
    state.readOnly = true;
    lastGood.save({ a: 4 });

    expect([start().load(), state.problems]).toEqual([{ a: 3 }, ["EROFS", "EROFS"]]);
  });
});
