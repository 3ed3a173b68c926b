import { describe, expect, it } from "vitest";
import { minuteCounts } from "../../src/agent/minute-counts.js";
import { fakeClock } from "./fake-clock.js";

describe("minuteCounts", () => {
  it("counts from the first event for a minute, then begins again", async () => {
    const clock = fakeClock();
    const ended: Record<string, number>[] = [];
    const minute = minuteCounts<"a" | "b">(clock.later, (counts) => ended.push(Object.fromEntries(counts)));

    expect([minute.count("a"), minute.count("a"), minute.count("b")]).toEqual([1, 2, 1]);
    await clock.pass(59_999);
    expect(minute.count("b")).toBe(2);
    await clock.pass(1);
    expect([minute.count("b"), ended]).toEqual([1, [{ a: 2, b: 2 }]]);

    minute.end();
    expect([ended[1], clock.waits]).toEqual([{ b: 1 }, []]);
    minute.end();
    expect(ended).toHaveLength(2);
  });
});
