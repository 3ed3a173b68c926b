import { describe, expect, it } from "vitest";
import { type DeliveryEvent, deliver } from "../../src/outbox/deliver.js";
import { joinParts } from "../../src/report/parts.js";
import type { CompleteReport, Report } from "../../src/report/report.js";
import { seeded } from "../chaos/seeded.js";
import { someFinding, someReport, unnumbered } from "../report/builders.js";
import { someOutbox } from "./builders.js";
import { liteTransport } from "./lite-transport.js";
import { virtualTime } from "./virtual-time.js";

/** A report of several messages: long findings, waivers and conflicts. */
function longReport(name: string, findings: number) {
  const all = Array.from({ length: findings }, (_, at) =>
    someFinding({
      fingerprint: at.toString(16).padStart(16, "0"),
      because: `The package needs TensorRT 7, this device has 8.2.1; ${"a long reason ".repeat(60)}`,
      remedy: Array.from({ length: 4 }, (_, n) => `Way ${n}: ${"flash another JetPack ".repeat(12)}`),
      ...(at % 3 === 0 ? { waived: { reason: "known since commissioning ".repeat(10), expires: "2027-01-01" } } : {}),
    }),
  );
  return unnumbered(someReport({ job: { ...someReport().job, name }, findings: all }));
}

/** An outbox, a delivery and a nucleus lite in virtual time. */
function scene(roundTripMs: number, random: () => number = seeded(7)) {
  const time = virtualTime();
  const outbox = someOutbox(undefined, {
    newEpoch: () => "e",
    now: () => ({ wallMs: 1_795_000_000_000 + time.nowMs(), boot: "b", bootMs: time.nowMs() }),
  });
  const { transport, state } = liteTransport(time, roundTripMs);
  const events: DeliveryEvent[] = [];
  const delivery = deliver({
    outbox,
    transport,
    topicOf: ({ thing }) => `dt/packdrift/v1/${thing}/report`,
    maxMessageBytes: () => 7_000,
    later: time.later,
    nowMs: time.nowMs,
    random,
    onEvent: (event) => events.push(event),
  });
  const joined = () => {
    const parts = joinParts();
    return state.arrived.flatMap(({ payload }) => parts.add(JSON.parse(payload) as Report) ?? []);
  };
  return { time, outbox, delivery, state, events, joined };
}

describe("deliver over a nucleus whose buffer holds 15,000 bytes", () => {
  it.each([8, 12].flatMap((jobs) => [0, 20, 200].map((roundTripMs) => ({ jobs, roundTripMs }))))(
    "carries the long reports of $jobs jobs whole, once and in order within seconds, at $roundTripMs ms",
    async (each) => {
      const { time, outbox, delivery, state, joined } = scene(each.roundTripMs);
      const made = outbox.addAll(Array.from({ length: each.jobs }, (_, at) => longReport(`job-${at}`, 8 + (at % 5))));

      void delivery.flush();
      await time.run(20_000);

      expect(joined().map(({ id }) => id)).toEqual(made.map(({ id }) => id));
      expect((joined() as CompleteReport[]).map(({ findings }) => findings.length)).toEqual(
        (made as CompleteReport[]).map(({ findings }) => findings.length),
      );
      expect(new Set(state.arrived.map(({ payload }) => payload)).size).toBe(state.arrived.length);
      expect(outbox.waiting).toBe(0);
    },
  );

  it("does not count a full buffer as an outage, and logs nothing about it", async () => {
    const { time, outbox, delivery, events } = scene(200);
    outbox.addAll([longReport("a", 12), longReport("b", 12), longReport("c", 12)]);

    void delivery.flush();
    await time.run(20_000);

    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(["report.delivered"]));
  });
});

describe("deliver after an outage over the nucleus", () => {
  it.each([20, 70, 115, 200, 299])("sends everything within 30 s of the end of one of %d s", async (seconds) => {
    const { time, outbox, delivery, state, joined } = scene(20);
    const made = Array.from({ length: 28 }, (_, at) => outbox.add(longReport(`job-${at}`, 1)));
    state.online = false;
    void delivery.flush();
    await time.run(seconds * 1_000);
    state.online = true;

    await time.run(30_000);

    expect(joined().map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    expect(state.attempts).toBeLessThan(120);
  });

  it("spreads what waits over 300 s when it was longer than that", async () => {
    const { time, outbox, delivery, state, events } = scene(20, () => 0.5);
    outbox.addAll([longReport("a", 1), longReport("b", 1), longReport("c", 1)]);
    state.online = false;
    void delivery.flush();
    await time.run(3_600_000);
    state.online = true;

    await time.run(600_000);

    expect(events.flatMap((each) => (each.event === "delivery.resuming" ? each.inMs : []))).toEqual([150_000]);
    expect(outbox.waiting).toBe(0);
  });

  it("counts as one that begins in the middle of a report", async () => {
    const { time, outbox, delivery, state, events } = scene(200, () => 0.5);
    outbox.addAll([longReport("a", 12), longReport("b", 12), longReport("c", 12)]);
    void delivery.flush();
    await time.run(300);
    state.online = false;
    await time.run(600_000);
    expect(state.arrived.length).toBeGreaterThan(0);
    state.online = true;

    await time.run(600_000);

    expect(events.flatMap((each) => (each.event === "delivery.resuming" ? each.inMs : []))).toEqual([150_000]);
    expect(outbox.waiting).toBe(0);
  });
});

describe("deliver a report that is always refused, as if for a while", () => {
  it("continues with the reports behind it after a minute, in their order, and tries it again and again", async () => {
    const { time, outbox, delivery, state, joined } = scene(20);
    state.refuses = (payload) => payload.includes('"name":"stuck"');
    const stuck = outbox.add(longReport("stuck", 1));
    const made = outbox.addAll(Array.from({ length: 6 }, (_, at) => longReport(`job-${at}`, 1)));
    void delivery.flush();

    await time.run(180_000);

    const ids = joined().map(({ id }) => id);
    expect([...ids].sort()).toEqual(made.map(({ id }) => id));
    // One of them has shown that the others get through.
    expect(ids.slice(1)).toEqual([...ids.slice(1)].sort());

    const later = outbox.add(longReport("later", 1));
    await delivery.flush();
    await time.run(1_000);
    expect(joined().at(-1)?.id).toBe(later.id);

    state.refuses = () => false;
    await time.run(600_000);
    expect(joined().at(-1)?.id).toBe(stuck.id);
    expect(outbox.waiting).toBe(0);
  });
});
