import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../src/base/errors.js";
import { type DeliveryEvent, deliver } from "../../src/outbox/deliver.js";
import { heartbeat } from "../../src/report/make-report.js";
import type { Report } from "../../src/report/report.js";
import { someReport, unnumbered } from "../report/builders.js";
import { memoryStore, someOutbox } from "./builders.js";

interface SceneOptions {
  readonly inFlight?: number;
  /** Whether a report of that kind is refused, whenever it is tried. */
  readonly refuse?: (report: Report) => DeliveryError | null;
  readonly startMs?: number;
  readonly store?: ReturnType<typeof memoryStore>;
}

/** An outbox in memory, a transport that fails as scripted, and a clock that runs by hand. */
function scene(failures: readonly (DeliveryError | null)[] = [], options: SceneOptions = {}) {
  const { inFlight = 1, refuse = () => null, startMs = 0, store = memoryStore() } = options;
  const clock = { ms: startMs };
  const now = () => ({ wallMs: 1_795_000_000_000, boot: "b", bootMs: clock.ms });
  const outbox = someOutbox(store, { newEpoch: () => "e", now });
  const script = [...failures];
  const published: { topic: string; payload: string }[] = [];
  const timers: { milliseconds: number; action: () => void }[] = [];
  const events: DeliveryEvent[] = [];
  const flight = { now: 0, most: 0 };
  const rounds = { ended: 0 };
  const delivery = deliver({
    outbox,
    transport: {
      name: "fake",
      inFlight,
      async publish(topic, payload, report) {
        flight.most = Math.max(flight.most, ++flight.now);
        await null;
        flight.now -= 1;
        const failure = script.shift() ?? refuse(report);
        if (failure !== null) throw failure;
        published.push({ topic, payload });
      },
    },
    topicOf: (report) => `t/${report.kind}`,
    maxMessageBytes: () => 7_000,
    later: (milliseconds, action) => {
      const timer = { milliseconds, action };
      timers.push(timer);
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
      };
    },
    nowMs: () => clock.ms,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
    onRoundEnd() {
      rounds.ended += 1;
    },
  });
  return {
    rounds,
    outbox,
    delivery,
    published,
    timers,
    events,
    clock,
    flight,
    script,
    sequences: () => published.map((m) => JSON.parse(m.payload).sequence),
    /** The clock reaches the only timer there is, and what it starts comes to its end. */
    async elapse() {
      const timer = timers.shift();
      clock.ms += timer?.milliseconds ?? 0;
      timer?.action();
      await delivery.flush();
      return timer?.milliseconds;
    },
  };
}

const report = unnumbered(someReport());
const calm = unnumbered(someReport({ counts: { ...someReport().counts, blocking: 0 }, findings: [] }));
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

  it("keeps a report that was not accepted and retries with growing, jittered waits", async () => {
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

  it("waits 15 s at most in the first five minutes, and five minutes at most", async () => {
    const { outbox, delivery, timers, clock } = scene(Array.from({ length: 80 }, () => refusal(true)));
    outbox.add(report);
    for (let n = 0; n < 40; n++) await delivery.flush();
    expect(timers[0]?.milliseconds).toBe(7_500);

    clock.ms += 316_000;
    await delivery.flush();
    expect(timers[0]?.milliseconds).toBe(150_000);
  });

  it("discards what the other side will never accept, reports it, and continues with the next", async () => {
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

  it("reports for each round that it has ended, also of one that a timer began", async () => {
    const { outbox, delivery, rounds, elapse, sequences } = scene([refusal(true)]);
    outbox.add(report);

    await delivery.flush();
    expect(rounds.ended).toBe(1);
    await elapse();

    // The flush that the timer began, and that of the test.
    expect([sequences(), rounds.ended >= 2]).toEqual([[1], true]);
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

  it("sends a few at a time when the transport keeps their order, and one when it does not", async () => {
    const wide = scene([], { inFlight: 3 });
    const narrow = scene();
    for (const { outbox, delivery, sequences } of [wide, narrow]) {
      for (let n = 0; n < 10; n++) outbox.add(report);
      await delivery.flush();
      expect(sequences()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
    expect([wide.flight.most, narrow.flight.most]).toEqual([3, 1]);
  });

  it("sends nothing after a failure, and begins again with the failed report", async () => {
    const { outbox, delivery, sequences, script } = scene([null, refusal(true), refusal(true)], { inFlight: 2 });
    for (let n = 0; n < 5; n++) outbox.add(report);

    await delivery.flush();
    expect([sequences(), script]).toEqual([[1], []]);
    await delivery.flush();

    expect(sequences()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("deliver after an outage", () => {
  /** A transport that has refused for two minutes: calm, three heartbeats, a blocking report and a calm one wait. */
  async function afterTwoMinutes() {
    const it = scene([refusal(true)]);
    for (const each of [calm, heartbeat(calm), heartbeat(calm), heartbeat(calm), report, calm]) it.outbox.add(each);
    await it.delivery.flush();
    it.clock.ms += 120_000;
    return it;
  }

  it("sends blocking findings first, collapses heartbeats, and sends the rest in order after a random wait", async () => {
    const it = await afterTwoMinutes();

    await it.delivery.flush();

    expect(it.sequences()).toEqual([5]);
    expect(it.events.filter(({ event }) => event === "delivery.resuming")).toEqual([
      { event: "delivery.resuming", waiting: 2, collapsed: 3, inMs: 7_500 },
    ]);
    expect(await it.elapse()).toBe(7_500);
    expect(it.sequences()).toEqual([5, 1, 6]);
    expect(it.outbox.add(calm).gaps).toEqual([{ fromSequence: 2, toSequence: 4, count: 3 }]);
  });

  it("sends only a new blocking finding at once while it waits", async () => {
    const it = await afterTwoMinutes();
    await it.delivery.flush();
    it.outbox.add(calm);
    it.outbox.add(report);

    await it.delivery.flush();

    expect(it.sequences()).toEqual([5, 8]);
    await it.elapse();
    expect(it.sequences()).toEqual([5, 8, 1, 6, 7]);
  });

  it("stops waiting when told to", async () => {
    const it = await afterTwoMinutes();
    await it.delivery.flush();

    await it.delivery.flush("atOnce");

    expect([it.sequences(), it.timers]).toEqual([[5, 1, 6], []]);
  });

  it("does not wait after a failure of less than a minute: the back-off has spread the fleet", async () => {
    const it = scene([refusal(true)]);
    it.outbox.add(calm);
    it.outbox.add(calm);
    await it.delivery.flush();

    expect(await it.elapse()).toBe(500);

    expect([it.sequences(), it.timers]).toEqual([[1, 2], []]);
  });
});

describe("deliver where a policy forbids the topic of heartbeats", () => {
  it("continues with complete reports, and tries heartbeats again when nothing else waits", async () => {
    const forbidden = new DeliveryError("Cannot publish: not authorised", true, { forbidden: true });
    const it = scene([], { refuse: ({ kind }) => (kind === "HEARTBEAT" ? forbidden : null) });
    it.outbox.add(heartbeat(report));
    it.outbox.add(calm);
    it.outbox.add(report);

    await it.delivery.flush();
    for (let n = 0; n < 4; n++) await it.elapse();

    expect(it.sequences()).toEqual([2, 3]);
    expect([it.outbox.waiting, it.timers.length]).toEqual([1, 1]);
  });
});

describe("deliver what an earlier session has left", () => {
  it("waits as after any outage when it has waited for a minute, except for blocking findings and one trial", async () => {
    const store = memoryStore();
    scene([], { store }).outbox.addAll([calm, calm, report, calm]);

    const it = scene([], { store, startMs: 61_000 });
    await it.delivery.flush();

    expect(it.sequences()).toEqual([3]);
    await it.elapse();
    expect(it.sequences()).toEqual([3, 1, 2, 4]);
  });

  it("sends it at once when it has waited only briefly", async () => {
    const store = memoryStore();
    scene([], { store }).outbox.addAll([calm, report]);

    const it = scene([], { store, startMs: 59_000 });
    await it.delivery.flush();

    expect(it.sequences()).toEqual([1, 2]);
  });
});

describe("deliver where the cloud acknowledges", () => {
  it("sends again what was not acknowledged in time, less and less often, until it is", async () => {
    const it = scene();
    it.outbox.add(report);
    await it.delivery.flush();
    it.outbox.acknowledge(1);
    it.outbox.add(report);
    it.outbox.add(report);
    await it.delivery.flush();
    expect(it.sequences()).toEqual([1, 2, 3]);

    expect(await it.elapse()).toBe(900_000);
    expect(it.sequences()).toEqual([1, 2, 3, 2, 3]);
    expect(await it.elapse()).toBe(1_800_000);
    expect(it.sequences()).toEqual([1, 2, 3, 2, 3, 2, 3]);
    it.outbox.acknowledge(3);
    await it.delivery.flush();
    expect(it.timers).toEqual([]);
  });

  it("sends nothing twice when nothing was ever acknowledged", async () => {
    const it = scene();
    it.outbox.add(report);
    await it.delivery.flush();

    expect([it.sequences(), it.timers, it.outbox.unacknowledged]).toEqual([[1], [], 1]);
  });
});
