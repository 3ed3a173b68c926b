import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../src/base/errors.js";
import { reportSender } from "../../src/outbox/send-report.js";
import type { CompleteReport } from "../../src/report/report.js";
import { someFinding, someReport } from "../report/builders.js";

const report = someReport({
  findings: Array.from({ length: 6 }, (_, at) =>
    someFinding({ fingerprint: `${at}`.padStart(16, "0"), because: "x".repeat(900) }),
  ),
});

/** A sender whose transport refuses the messages at these places of all that are tried. */
function scene(refused: readonly number[], inFlight = 1) {
  const state = { maxBytes: 4_000, tried: [] as string[], stored: report as CompleteReport | null, accepted: 0 };
  const sender = reportSender({
    outbox: { read: () => state.stored },
    transport: {
      name: "fake",
      inFlight,
      async publish(_topic, payload) {
        state.tried.push(payload);
        if (refused.includes(state.tried.length - 1)) throw new DeliveryError("Cannot publish: ServiceError", true);
      },
    },
    topicOf: () => "t",
    maxMessageBytes: () => state.maxBytes,
    onAccepted() {
      state.accepted += 1;
    },
  });
  const parts = () => state.tried.map((payload) => (JSON.parse(payload) as CompleteReport).part?.index);
  return { state, sender, parts };
}

describe("reportSender", () => {
  it("continues with the part that was not accepted", async () => {
    const { sender, parts, state } = scene([1]);

    expect(await sender.send(report.id)).toMatchObject({ kind: "failed", retryable: true, attempts: 1 });
    expect(await sender.send(report.id)).toEqual({ kind: "accepted", topic: "t", messages: 3, attempts: 2 });

    expect([parts(), state.accepted]).toEqual([[1, 2, 2, 3], 3]);
  });

  it("sends again only the parts that were not accepted when several are in flight", async () => {
    const { sender, parts } = scene([0], 8);

    await sender.send(report.id);
    await sender.send(report.id);

    expect(parts()).toEqual([1, 2, 3, 1]);
  });

  it("sends all parts again when the limit has changed, since they are other parts", async () => {
    const { sender, state, parts } = scene([1]);
    await sender.send(report.id);
    state.maxBytes = 6_000;

    expect(await sender.send(report.id)).toMatchObject({ kind: "accepted", messages: 2 });

    expect(parts()).toEqual([1, 2, 1, 2]);
  });

  it("begins again with a report that no longer waited in between", async () => {
    const { sender, parts } = scene([1]);
    await sender.send(report.id);

    sender.keepOnly([]);
    await sender.send(report.id);

    expect(parts()).toEqual([1, 2, 1, 2, 3]);
  });

  it("reports when a report is gone, and when it cannot be read now", async () => {
    const { sender, state } = scene([]);
    state.stored = null;
    expect(await sender.send(report.id)).toEqual({ kind: "gone" });

    const error = Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE", syscall: "open" });
    const failing = reportSender({
      outbox: {
        read: () => {
          throw error;
        },
      },
      transport: { name: "fake", inFlight: 1, publish: async () => {} },
      topicOf: () => "t",
      maxMessageBytes: () => 7_000,
      onAccepted: () => {},
    });
    expect(await failing.send("e.1")).toMatchObject({ kind: "failed", retryable: true, why: error.message });
  });
});
