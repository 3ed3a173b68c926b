import { describe, expect, it } from "vitest";
import { AnswerCache } from "../../../src/fleet/state/answer-cache.js";

describe("AnswerCache", () => {
  /** A cache on a clock that the test turns, and answers that count how often they were made. */
  function someCache(most = 10) {
    const clock = { ms: 0 };
    const cache = new AnswerCache<number>(() => clock.ms, most);
    let made = 0;
    const make = async () => ++made;
    return { clock, ask: (key = "a") => cache.get(key, make), cache };
  }

  it("gives one answer for a second", async () => {
    const { clock, ask } = someCache();

    expect([await ask(), await ask()]).toEqual([1, 1]);
    clock.ms = 999;
    expect(await ask()).toBe(1);
  });

  it("gives the former answer once while it makes a new one, and waits for one that is too old", async () => {
    const { clock, ask } = someCache();
    await ask();
    clock.ms = 1_000;

    expect(await ask()).toBe(1);
    expect(await ask()).toBe(2);
    clock.ms = 5_000;
    expect(await ask()).toBe(3);
  });

  it("makes a new answer when the clock was set back", async () => {
    const { clock, ask } = someCache();
    clock.ms = 10_000;
    await ask();
    clock.ms = 0;

    expect(await ask()).toBe(2);
  });

  it("answers together who asks at the same time", async () => {
    const { ask } = someCache();

    expect(await Promise.all([ask(), ask(), ask("b")])).toEqual([1, 1, 2]);
  });

  it("forgets the oldest of more answers than it may hold", async () => {
    const { ask } = someCache(2);
    await ask("a");
    await ask("b");
    await ask("c");

    expect(await ask("b")).toBe(2);
    expect(await ask("a")).toBe(4);
  });

  it("tells a failure to whom it concerns, and remembers none", async () => {
    const { clock, cache, ask } = someCache();
    await ask();
    clock.ms = 1_500;
    const fail = () => Promise.reject(new Error("no store"));

    expect(await cache.get("a", fail)).toBe(1);
    await expect(cache.get("b", fail)).rejects.toThrow("no store");
    expect(await ask("b")).toBe(2);
  });
});
