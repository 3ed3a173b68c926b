import { describe, expect, it } from "vitest";
import type { Arrivals } from "../../../bench/fleet-million/day.js";
import { type PlayParts, play, type Receiver } from "../../../bench/fleet-million/play.js";
import { virtualTime } from "../../../src/lab/fleet/virtual-time.js";

const HOUR_MS = 3_600_000;

/** A clock that jumps from one timer to the next, and receivers that store one message after the other. */
function world(receivers: number, storesInMs: number) {
  const time = virtualTime(0, () => 0);
  const given: number[][] = Array.from({ length: receivers }, () => []);
  const parts: PlayParts = {
    nowMs: () => time.now(),
    later: time.later,
    beginsMs: 0,
    make: (thing) => ({ topic: `t/${thing}`, payload: new Uint8Array(10), receivedAt: "" }),
    receivers: given.map((messages): Receiver => {
      let stored: (messages: number) => void = () => {};
      let free = 0;
      return {
        onStored(listener) {
          stored = listener;
        },
        give(some) {
          for (const { topic } of some) {
            messages.push(Number(topic.slice(2)));
            free = Math.max(free, time.now()) + storesInMs;
            time.later(free - time.now(), () => stored(1));
          }
        },
      };
    }),
  };
  return { parts, given, run: () => time.jumpTo(24 * HOUR_MS, () => Promise.resolve()) };
}

function arrivalsAt(...atMs: readonly number[]): Arrivals {
  return { atMs: Float64Array.from(atMs), things: Uint32Array.from(atMs, (_, at) => at), kinds: "HEARTBEAT" };
}

describe("play", () => {
  it("counts the time that receivers are at work, and none of the time between arrivals", async () => {
    const { parts, run } = world(1, 10);
    const playing = play(arrivalsAt(0, HOUR_MS, 2 * HOUR_MS), parts);
    await run();

    const { lagMs, busyMs, longestQueue, tookMs, bytes } = await playing;
    expect([...lagMs].map(Math.round)).toEqual([10, 10, 10]);
    expect([Math.round(busyMs), longestQueue, Math.round(tookMs), bytes]).toEqual([30, 1, 2 * HOUR_MS + 10, 30]);
  });

  it("shows how messages wait for each other, and how long the queue was", async () => {
    const { parts, run } = world(1, 100);
    const playing = play(arrivalsAt(0, 0, 0, 0), parts);
    await run();

    const { lagMs, longestQueue } = await playing;
    expect([...lagMs].map(Math.round)).toEqual([100, 200, 300, 400]);
    expect(longestQueue).toBe(4);
  });

  it("sends messages to receivers in turn, which work in parallel", async () => {
    const { parts, given, run } = world(2, 100);
    const playing = play(arrivalsAt(0, 0, 0, 0), parts);
    await run();

    expect([...(await playing).lagMs].map(Math.round)).toEqual([100, 100, 200, 200]);
    expect(given.map(({ length }) => length)).toEqual([2, 2]);
  });

  it("makes messages a few at a time, and counts those as waiting that are not made yet", async () => {
    const { parts, given, run } = world(1, 100);
    const playing = play(arrivalsAt(0, 0, 0, 0, 0), { ...parts, madeAtOnce: 2 });
    await run();

    const { lagMs, longestQueue } = await playing;
    expect([...lagMs].map(Math.round)).toEqual([100, 200, 300, 400, 500]);
    expect([longestQueue, given[0]]).toEqual([5, [0, 1, 2, 3, 4]]);
  });

  it("sends a receiver no more messages than a broker has in flight", async () => {
    const { parts, given } = world(1, 100);
    void play(arrivalsAt(...new Array<number>(1_500).fill(0)), parts);

    expect(given[0]).toHaveLength(1_000);
  });
});
