import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { liveEvents } from "../../../src/fleet/web/events.js";

describe("liveEvents", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function events() {
    let tell = (): void => {};
    const live = liveEvents({
      subscribe(listener) {
        tell = listener;
        return () => {};
      },
    });
    const texts: string[] = [];
    const open = (since: string | null = null) => {
      const stream = live.open(since)?.[Symbol.asyncIterator]();
      void (async () => {
        for (let next = await stream?.next(); next?.done === false; next = await stream?.next()) texts.push(next.value);
        texts.push("end");
      })();
      return stream;
    };
    return { live, texts, open, tell: () => tell() };
  }
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("sends changes at once, at most once a second, and until 14 seconds after the last one, since a page may show an older answer", async () => {
    const { texts, open, tell } = events();
    const told = () => texts.filter((text) => text.startsWith("event: changed")).length;
    open();
    await settle();

    for (let at = 0; at < 5; at += 1) tell();
    await settle();
    expect(told()).toBe(1);
    for (let at = 0; at < 10; at += 1) {
      await vi.advanceTimersByTimeAsync(500);
      tell();
    }
    expect(told()).toBe(6);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(told()).toBe(8);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told()).toBe(10);
  });

  it("sends at once what changed between a page and its stream", async () => {
    const { live, texts, open, tell } = events();
    const before = live.seen();
    tell();
    open(live.seen());
    await settle();
    expect(texts).toEqual(["retry: 3000\n\n"]);
    open(before);
    await settle();
    expect(texts.slice(1)).toEqual(["retry: 3000\n\nevent: changed\ndata: \n\n"]);
  });

  it("sends a change at once to a page that another page server has made", async () => {
    const { texts, open } = events();
    const other = events();
    open(other.live.seen());
    await settle();

    expect(texts).toEqual(["retry: 3000\n\nevent: changed\ndata: \n\n"]);
  });

  it("pings a quiet stream, and ends it after an hour", async () => {
    const { texts, open } = events();
    open();

    await vi.advanceTimersByTimeAsync(61_000);
    expect(texts.filter((text) => text === ": ping\n\n")).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(texts.at(-1)).toBe("end");
  });

  it("has room for a stream again once one has ended", async () => {
    const { live, open } = events();
    const streams = Array.from({ length: 200 }, () => open());

    expect(live.open(null)).toBeNull();
    await streams[0]?.return?.();
    expect(live.open(null)).not.toBeNull();
    live.close();
  });
});
