import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../src/errors.js";
import { type DeliveryEvent, deliver } from "../../src/outbox/deliver.js";
import { someReport, unnumbered } from "../report/builders.js";
import { memoryStore, someOutbox } from "./builders.js";

/** An outbox in memory, a transport that fails as scripted, and a clock that runs by hand. */
function scene(failures: readonly (DeliveryError | null)[] = []) {
  const outbox = someOutbox(memoryStore(), { newEpoch: () => "e" });
  const script = [...failures];
  const published: { topic: string; payload: string }[] = [];
  const timers: { milliseconds: number; action: () => void }[] = [];
  const events: DeliveryEvent[] = [];
  const delivery = deliver({
    outbox,
    transport: {
      name: "fake",
      async publish(topic, payload) {
        const failure = script.shift() ?? null;
        if (failure !== null) throw failure;
        published.push({ topic, payload });
      },
    },
    topicOf: (report) => `t/${report.kind}`,
    maxMessageBytes: () => 7_000,
    later: (milliseconds, action) => {
      timers.push({ milliseconds, action });
      return () => void timers.splice(0);
    },
    random: () => 0.5,
    onEvent: (event) => events.push(event),
  });
  return {
    outbox,
    delivery,
    published,
    timers,
    events,
    sequences: () => published.map((m) => JSON.parse(m.payload).sequence),
  };
}

const report = unnumbered(someReport());
const refusal = (retryable: boolean) => new DeliveryError("Cannot publish: device is offline", retryable);

describe("deliver", () => {
  it("empties the outbox in order", async () => {
    const { outbox, delivery, sequences, events } = scene();
    for (let n = 0; n < 3; n++) outbox.add(report);

    await delivery.flush();

    expect(sequences()).toEqual([1, 2, 3]);
    expect(outbox.waiting).toBe(0);
    expect(events[0]).toEqual({
      event: "report.delivered",
      id: "e.1",
      kind: "COMPLETE",
      topic: "t/COMPLETE",
      messages: 1,
      attempts: 1,
    });
  });

  it("keeps a report that was not taken and tries again with growing, jittered waits", async () => {
    const { outbox, delivery, sequences, timers, events } = scene([refusal(true), refusal(true), refusal(true)]);
    outbox.add(report);
    outbox.add(report);

    await delivery.flush();
    const waits = [timers[0]?.milliseconds];
    await delivery.flush();
    waits.push(timers[0]?.milliseconds);
    await delivery.flush();
    waits.push(timers[0]?.milliseconds);

    expect(waits).toEqual([500, 1000, 2000]);
    expect(outbox.waiting).toBe(2);
    expect(events[0]).toMatchObject({ event: "report.kept", why: "Cannot publish: device is offline", retryInMs: 500 });
    await delivery.flush();
    expect(sequences()).toEqual([1, 2]);
  });

  it("waits five minutes at most", async () => {
    const { outbox, delivery, timers } = scene(Array.from({ length: 40 }, () => refusal(true)));
    outbox.add(report);
    for (let n = 0; n < 40; n++) await delivery.flush();

    expect(timers[0]?.milliseconds).toBe(150_000);
  });

  it("discards what the other side will never take, tells it, and goes on with the next", async () => {
    const { outbox, delivery, sequences, events } = scene([refusal(false)]);
    outbox.add(report);
    outbox.add(report);

    await delivery.flush();

    expect(sequences()).toEqual([2]);
    expect(events[0]).toMatchObject({ event: "report.refused", id: "e.1" });
    expect(outbox.add(report).gaps).toEqual([{ fromSequence: 1, toSequence: 1, count: 1 }]);
  });

  it("sends a report that grew meanwhile once only when flushes overlap", async () => {
    const { outbox, delivery, sequences } = scene();
    outbox.add(report);

    await Promise.all([delivery.flush(), delivery.flush(), delivery.flush()]);

    expect(sequences()).toEqual([1]);
  });

  it("makes no attempt after it was stopped", async () => {
    const { outbox, delivery, published, timers } = scene([refusal(true)]);
    outbox.add(report);
    await delivery.flush();
    await delivery.stop();

    expect(timers).toEqual([]);
    await delivery.flush();
    expect(published).toEqual([]);
    expect(outbox.waiting).toBe(1);
  });
});
