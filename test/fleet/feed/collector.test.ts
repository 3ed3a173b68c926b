import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import type { Ingested, ReceivedMessage } from "../../../src/fleet/arrival.js";
import type { UnacknowledgedMessage } from "../../../src/fleet/feed/broker-client.js";
import { collector } from "../../../src/fleet/feed/collector.js";
import { fakeClock, fakeLog, settled } from "../../agent/fake-clock.js";

const NOTHING: Ingested = {
  acknowledge: [],
  askFacts: [],
  counts: { reports: 0, heartbeats: 0, parts: 0, duplicates: 0, conflicts: 0, refused: 0 },
};

function scene(mostWaitingBytes?: number) {
  const clock = fakeClock();
  const log = fakeLog();
  const events: string[] = [];
  const told: boolean[] = [];
  const batches: (readonly ReceivedMessage[])[] = [];
  let trouble: (batch: readonly ReceivedMessage[]) => Error | null = () => null;
  let gate: Promise<void> = Promise.resolve();
  const it = collector({
    intake: {
      async ingest(batch) {
        await gate;
        batches.push(batch);
        const error = trouble(batch);
        if (error !== null) throw error;
        events.push(`stored ${batch.length}`);
        return NOTHING;
      },
    },
    log,
    later: clock.later,
    random: () => 0.5,
    onStored: () => events.push("told"),
    onStuck: () => told.push(it.isStuck),
    redeliver: () => events.push("redeliver"),
    ...(mostWaitingBytes === undefined ? {} : { mostWaitingBytes }),
  });
  const message = (topic: string, isHeld = true, bytes = 10): UnacknowledgedMessage => ({
    topic,
    payload: new Uint8Array(bytes),
    receivedAt: "2026-11-23T18:00:00Z",
    isHeld: () => isHeld,
    acknowledge: () => events.push(`puback ${topic}`),
  });
  return {
    clock,
    log,
    events,
    batches,
    told,
    it,
    message,
    fail: (next: typeof trouble) => {
      trouble = next;
    },
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => open();
    },
  };
}

describe("collector", () => {
  it("stores messages that arrive within 10 ms together, and only then acknowledges them to the broker", async () => {
    const { clock, it: messages, message, events } = scene();
    messages.take(message("a"));
    await clock.pass(9);
    messages.take(message("b"));
    expect(events).toEqual([]);

    await clock.pass(1);

    expect(events).toEqual(["stored 2", "told", "puback a", "puback b"]);
  });

  it("stores at once when there are many, in batches of at most 500 and 4 MiB", async () => {
    const { clock, it: messages, message, events } = scene();
    for (let i = 0; i < 501; i++) messages.take(message("a"));
    await settled();
    expect(events.filter((each) => each.startsWith("stored"))).toEqual(["stored 500", "stored 1"]);

    for (let i = 0; i < 3; i++) messages.take(message("a", true, 2 * 1_024 * 1_024));
    await clock.pass(10);

    expect(events.filter((each) => each.startsWith("stored")).slice(2)).toEqual(["stored 2", "stored 1"]);
  });

  it("makes one batch of everything that arrives while another is stored", async () => {
    const { clock, it: messages, message, events, hold } = scene();
    const open = hold();
    messages.take(message("a"));
    await clock.pass(10);
    for (const topic of ["b", "c", "d"]) messages.take(message(topic));
    await clock.pass(100);
    expect(events).toEqual([]);

    open();
    await clock.pass(0);

    expect(events.filter((each) => each.startsWith("stored"))).toEqual(["stored 1", "stored 3"]);
  });

  it("acknowledges nothing while the store is in trouble, tries again with a back-off, and says so once", async () => {
    const { clock, log, it: messages, message, events, told, fail } = scene();
    fail(() => new ExpectedError("the disk is full"));
    messages.take(message("a"));
    await clock.pass(2_000);
    expect([events, messages.isStuck]).toEqual([[], true]);

    fail(() => null);
    await clock.pass(15_000);

    expect(events).toEqual(["stored 1", "told", "puback a"]);
    expect(messages.isStuck).toBe(false);
    expect(told).toEqual([true, false]);
    expect(log.lines.map(([event]) => event)).toEqual(["store.failed", "store.recovered"]);
  });

  it("stores the others and drops a message that makes the intake fail, without acknowledging it to its device", async () => {
    const { clock, log, it: messages, message, events, fail } = scene();
    fail((batch) => (batch.some(({ topic }) => topic === "bad") ? new TypeError("a fault of ours") : null));
    for (const topic of ["a", "bad", "c"]) messages.take(message(topic));
    await clock.pass(10);

    expect(events).toEqual(["stored 1", "told", "puback a", "puback bad", "stored 1", "told", "puback c"]);
    expect(log.lines).toMatchObject([["message.failed", { topic: "bad" }]]);
  });

  it("has recovered when a message that waited for the store turns out to make the intake fail", async () => {
    const { clock, log, it: messages, message, events, told, fail } = scene();
    fail(() => new ExpectedError("the disk is full"));
    messages.take(message("bad"));
    await clock.pass(10);
    expect(messages.isStuck).toBe(true);
    fail(() => new TypeError("a fault of ours"));
    await clock.pass(15_000);

    expect(events).toEqual(["puback bad"]);
    expect([messages.isStuck, told]).toEqual([false, [true, false]]);
    expect(log.lines.map(([event]) => event)).toEqual(["store.failed", "message.failed", "store.recovered"]);
  });

  it("drops messages that the broker does not hold once too much waits, and never those that it holds", async () => {
    const { clock, it: messages, message, events, hold } = scene();
    const open = hold();
    messages.take(message("first"));
    await clock.pass(10);
    for (let i = 0; i < 4_999; i++) messages.take(message("loose", false));
    messages.take(message("held"));
    expect([messages.waiting, messages.oldestAt]).toEqual([5_001, "2026-11-23T18:00:00Z"]);
    messages.take(message("loose", false));
    expect(messages.waiting).toBe(2);

    open();
    await clock.pass(0);

    expect(events).toEqual(["stored 1", "told", "puback first", "stored 1", "told", "puback held"]);
    expect([messages.waiting, messages.oldestAt]).toEqual([0, null]);
  });

  it("drops again from the same number on once everything that waited is stored", async () => {
    const { clock, it: messages, message, hold } = scene();
    const open = hold();
    messages.take(message("first"));
    await clock.pass(10);
    for (let i = 0; i < 5_001; i++) messages.take(message("held"));
    open();
    await clock.pass(0);
    expect(messages.waiting).toBe(0);

    hold();
    messages.take(message("second"));
    await clock.pass(10);
    for (let i = 0; i < 5_001; i++) messages.take(message("loose", false));

    expect(messages.waiting).toBe(1);
  });

  it("does not search everything that waits for each message, when a broker sends far more than allowed", () => {
    const { it: messages, message } = scene();
    let asked = 0;
    const held = { ...message("held"), isHeld: () => ++asked > 0 };

    for (let i = 0; i < 20_000; i++) messages.take(held);

    expect(messages.waiting).toBe(20_000);
    expect(asked).toBeLessThan(10 * 20_000);
  });

  it("leaves to the broker what exceeds its memory, and everything after it, until all before it is stored", async () => {
    const { clock, log, it: messages, message, events, hold } = scene(10_000);
    const open = hold();
    messages.take(message("a", true, 4_000));
    await clock.pass(10);
    for (const topic of ["b", "c", "d"]) messages.take(message(topic, true, 3_000));
    messages.take(message("small", true, 1));
    expect([messages.waiting, messages.deferred]).toEqual([2, 3]);

    open();
    await clock.pass(0);
    messages.take(message("late", true, 1));
    expect(events).toEqual(["stored 1", "told", "puback a", "stored 1", "told", "puback b", "redeliver"]);
    expect([messages.waiting, messages.deferred]).toEqual([0, 4]);

    messages.lost();
    for (const topic of ["c", "d", "small", "late"]) messages.take(message(topic, true, 1));
    await clock.pass(10);
    expect(events.slice(7)).toEqual(["stored 4", "told", "puback c", "puback d", "puback small", "puback late"]);
    expect(log.lines.map(([event]) => event)).toEqual(["messages.deferred", "messages.requested-again"]);
  });

  it("makes room by dropping what the broker does not hold, and accepts a single message that exceeds its memory", async () => {
    const { clock, it: messages, message, events, hold } = scene(10_000);
    const open = hold();
    messages.take(message("a", true, 20_000));
    await clock.pass(10);
    for (const topic of ["b", "c", "d"]) messages.take(message(topic, false, 3_000));
    expect([messages.waiting, messages.deferred]).toEqual([1, 0]);

    open();
    await clock.pass(0);
    for (const topic of ["e", "f"]) messages.take(message(topic, false, 4_000));
    messages.take(message("g", true, 4_000));
    await clock.pass(10);

    expect(events).toEqual(["stored 1", "told", "puback a", "stored 1", "told", "puback g"]);
    expect(messages.deferred).toBe(0);
  });

  it("accepts messages again after the connection was lost in between", async () => {
    const { clock, it: messages, message, hold } = scene(12_000);
    hold();
    messages.take(message("a", true, 4_000));
    await clock.pass(10);
    for (const topic of ["b", "c"]) messages.take(message(topic, true, 4_000));
    expect([messages.waiting, messages.deferred]).toEqual([2, 1]);

    messages.lost();
    messages.take(message("d", true, 1));

    expect([messages.waiting, messages.deferred]).toEqual([3, 1]);
  });

  it("finishes the batch in progress when it stops, and gives up one that cannot be stored", async () => {
    const { clock, it: messages, message, events, hold } = scene();
    const open = hold();
    messages.take(message("a"));
    await clock.pass(10);
    const stopped = messages.stop();
    open();
    await stopped;
    expect(events).toEqual(["stored 1", "told", "puback a"]);

    const other = scene();
    other.fail(() => new ExpectedError("the disk is full"));
    other.it.take(other.message("a"));
    await other.clock.pass(50);
    await other.it.stop();
    expect(other.events).toEqual([]);
  });
});
