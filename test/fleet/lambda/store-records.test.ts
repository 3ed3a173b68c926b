import { describe, expect, it } from "vitest";
import type { Ingested, ReceivedMessage } from "../../../src/fleet/arrival.js";
import type { QueueRecord } from "../../../src/fleet/lambda/queue-event.js";
import { storeRecords } from "../../../src/fleet/lambda/store-records.js";
import { StoreError } from "../../../src/fleet/store/migrate.js";
import { fakeLog } from "../../agent/fake-clock.js";

const record = (at: number): QueueRecord => ({
  id: `m${at}`,
  message: { topic: `t/${at}`, payload: new Uint8Array(), receivedAt: "2026-11-30T00:00:00.000Z" },
});
const records = (number: number) => Array.from({ length: number }, (_, at) => record(at + 1));
const ids = (from: number, to: number) =>
  records(to)
    .slice(from - 1)
    .map(({ id }) => id);

/** An intake that fails for certain messages, and what it has committed. */
function scene(failing: (topic: string) => Error | null = () => null) {
  const committed: string[][] = [];
  const log = fakeLog();
  const ingest = async (messages: readonly ReceivedMessage[]): Promise<Ingested> => {
    for (const { topic } of messages) {
      const error = failing(topic);
      if (error !== null) throw error;
    }
    committed.push(messages.map(({ topic }) => topic));
    const counts = { reports: messages.length, heartbeats: 0, parts: 0, duplicates: 0, conflicts: 0, refused: 0 };
    return { acknowledge: [], askFacts: [], counts };
  };
  return { committed, log, parts: { ingest, log, hasTime: () => true } };
}

describe("storeRecords", () => {
  it("stores all in one transaction, in their order", async () => {
    const { committed, parts } = scene();
    const { stored, failed, trouble } = await storeRecords(records(3), parts);

    expect(committed).toEqual([["t/1", "t/2", "t/3"]]);
    expect([stored.length, failed, trouble]).toEqual([1, [], null]);
  });

  it("stores nothing when there are no records", async () => {
    const { committed, parts } = scene();

    expect(await storeRecords([], parts)).toEqual({ stored: [], failed: [], trouble: null });
    expect(committed).toEqual([]);
  });

  it("retries all records when none can be stored", async () => {
    const trouble = new StoreError("the connection was refused");
    const { committed, parts } = scene(() => trouble);

    expect(await storeRecords(records(3), parts)).toEqual({ stored: [], failed: ["m1", "m2", "m3"], trouble });
    expect(committed).toEqual([]);
  });

  it("retries only the uncommitted records when the store fails in the middle", async () => {
    const trouble = new StoreError("the server was stopped");
    const { committed, parts } = scene((topic) => (topic === "t/501" ? trouble : null));
    const { stored, failed } = await storeRecords(records(1_100), parts);

    expect(committed.map(({ length }) => length)).toEqual([500]);
    expect([stored.length, failed]).toEqual([1, ids(501, 1_100)]);
  });

  it("stores the other records when one triggers a bug, and logs the bug", async () => {
    const { committed, log, parts } = scene((topic) => (topic === "t/2" ? new TypeError("x is undefined") : null));
    const { stored, failed, trouble } = await storeRecords(records(3), parts);

    expect(committed).toEqual([["t/1"], ["t/3"]]);
    expect([stored.length, failed, trouble]).toEqual([2, ["m2"], null]);
    expect(log.of("message.failed")).toEqual([
      { topic: "t/2", stack: expect.stringContaining("TypeError: x is undefined") },
    ]);
  });

  it("retries what follows the bug when the store also fails", async () => {
    const trouble = new StoreError("the server was stopped");
    const { committed, parts } = scene((topic) =>
      topic === "t/2" ? new TypeError("x is undefined") : topic === "t/3" ? trouble : null,
    );
    const { failed, ...outcome } = await storeRecords(records(4), parts);

    expect(committed).toEqual([["t/1"]]);
    expect([failed, outcome.trouble]).toEqual([["m2", "m3", "m4"], trouble]);
  });

  it("starts nothing when the time is over", async () => {
    const { committed, parts } = scene();
    const outcome = await storeRecords(records(2), { ...parts, hasTime: () => false });

    expect([outcome.failed, outcome.trouble?.message, committed]).toEqual([
      ["m1", "m2"],
      "the time of this call is over",
      [],
    ]);
  });
});
