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

  it("returns one answer for a second", async () => {
    const { clock, ask } = someCache();

    expect([await ask(), await ask()]).toEqual([1, 1]);
    clock.ms = 999;
    expect(await ask()).toBe(1);
  });

  it("returns the former answer while it makes a new one, but waits when the former one is too old", async () => {
    const { clock, ask } = someCache();
    await ask();
    clock.ms = 1_000;

    expect(await ask()).toBe(1);
    expect(await ask()).toBe(2);
    clock.ms = 5_000;
    expect(await ask()).toBe(3);
  });

  it.each([
    { took: 50, fresh: 1_000, stale: 3_000 },
    { took: 400, fresh: 4_000, stale: 12_000 },
    { took: 7_000, fresh: 10_000, stale: 30_000 },
  ])(
    "gives an answer that took $took ms twice for $fresh ms, and for $stale ms while it makes a new one",
    async (times) => {
      const { clock, cache } = someCache();
      let made = 0;
      const ask = () =>
        cache.get("a", async () => {
          clock.ms += times.took;
          made += 1;
          return made;
        });
      await ask();
      clock.ms += 3_000;
      const from = clock.ms;
      await ask();

      clock.ms = from + times.fresh - 1;
      expect([await ask(), made]).toEqual([2, 2]);
      clock.ms = from + times.stale - 1;
      expect([await ask(), made]).toEqual([2, 3]);
      expect([await ask(), made]).toEqual([3, 3]);
      clock.ms += times.stale;
      expect([await ask(), made]).toEqual([4, 4]);
    },
  );

  it("does not keep an answer longer because it once took long, at the start or on a busy machine", async () => {
    const { clock, cache } = someCache();
    let made = 0;
    const ask = (took: number) =>
      cache.get("a", async () => {
        clock.ms += took;
        made += 1;
        return made;
      });
    await ask(2_000);
    clock.ms += 3_000;
    expect(await ask(5)).toBe(2);
    clock.ms += 3_000;
    expect(await ask(2_000)).toBe(3);
    clock.ms += 3_000;
    expect(await ask(5)).toBe(4);
  });

  it("keeps an answer for the time that is set for it", async () => {
    const { clock, cache } = someCache();
    const ages = { freshMs: 60_000, staleMs: 600_000 };
    let made = 0;
    const ask = () => cache.get("a", async () => ++made, ages);
    await ask();

    clock.ms = 59_999;
    expect([await ask(), made]).toEqual([1, 1]);
    clock.ms = 599_999;
    expect([await ask(), made]).toEqual([1, 2]);
  });

  it("makes a new answer when the clock was set back", async () => {
    const { clock, ask } = someCache();
    clock.ms = 10_000;
    await ask();
    clock.ms = 0;

    expect(await ask()).toBe(2);
  });

  it("makes one answer for all who ask at the same time", async () => {
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

  it("passes a failure to its callers, and does not cache it", async () => {
    const { clock, cache, ask } = someCache();
    await ask();
    clock.ms = 1_500;
    const fail = () => Promise.reject(new Error("no store"));

    expect(await cache.get("a", fail)).toBe(1);
    await expect(cache.get("b", fail)).rejects.toThrow("no store");
    expect(await ask("b")).toBe(2);
  });
});
