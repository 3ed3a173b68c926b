import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { guardedStore } from "../../../src/fleet/feed/guarded-store.js";
import { makeRequest } from "../../../src/fleet/feed/make-request.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { receiveQueue } from "../../../src/fleet/lambda/receive-queue.js";
import { reopenedStore } from "../../../src/fleet/lambda/reopened-store.js";
import { takeDevicesDuty } from "../../../src/fleet/lambda/taken-duty.js";
import { runUpkeep, type UpkeepParts } from "../../../src/fleet/lambda/upkeep.js";
import { StoreError } from "../../../src/fleet/store/migrate.js";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import { openPostgresSession } from "../../../src/fleet/store/postgres-session.js";
import { encodeReport } from "../../../src/report/encode.js";
import { fakeLog } from "../../agent/fake-clock.js";
import { lacks } from "../../needed.js";
import { complete, heartbeat, messageOf, minute, someFinding, textMessage } from "../store/fleet-messages.js";
import { sharedPostgres } from "../store/postgres-server.js";
import { errorRecord, eventOf, eventOfMessages, ruleRecord, sqsRecord } from "./queue-records.js";

describe.skipIf(lacks("PostgreSQL"))("receiveQueue on PostgreSQL", () => {
  let store: FleetStore;
  let failing: ((messages: readonly ReceivedMessage[]) => Error | null) | null;
  let published: (readonly [topic: string, payload: string])[];
  let broker: (topic: string) => Error | null;
  let nowMs: number;
  let log: ReturnType<typeof fakeLog>;
  let parts: UpkeepParts;
  let url: string;

  beforeEach(async () => {
    url = await (await sharedPostgres()).database();
    const opened = guardedStore(await openPostgres(url));
    onTestFinished(() => opened.close());
    [failing, published, broker, nowMs, log] = [null, [], () => null, Date.parse(minute(10)), fakeLog()];
    store = {
      ...opened,
      async ingest(messages) {
        const error = failing?.(messages) ?? null;
        if (error !== null) throw error;
        return opened.ingest(messages);
      },
      close: async () => {},
    };
    let ids = 0;
    parts = {
      store: reopenedStore({ address: async () => "", open: async () => store, leftMs: () => 60_000 }),
      async publish(topic, payload) {
        const error = broker(topic);
        if (error !== null) throw error;
        published.push([topic, payload]);
      },
      prefixes: TOPIC_PREFIXES,
      log,
      now: () => nowMs,
      newId: () => `id-${++ids}`,
      hasTime: () => true,
      takeDuty: () => takeDevicesDuty((events) => openPostgresSession(url, events)),
    };
  });

  const receive = (event: unknown) => receiveQueue(event, parts);
  const failed = (...ids: readonly string[]) => ({
    batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
  });
  const ackTopic = (thing: string) => `cmd/packdrift/v1/${thing}/ack/req`;
  const acks = () =>
    published.filter(([topic]) => topic.endsWith("/ack/req")).map(([topic, payload]) => [topic, JSON.parse(payload)]);
  const sequences = async () =>
    (await store.all("SELECT thing, sequence FROM report ORDER BY thing, sequence")).map((row) => Object.values(row));

  it("stores a batch, then acknowledges it to each device and asks new ones for their facts", async () => {
    const reply = await receive(
      eventOfMessages(
        messageOf(complete({ sequence: 1 })),
        messageOf(complete({ thing: "box-2", sequence: 1 })),
        messageOf(heartbeat({ sequence: 2 })),
      ),
    );

    expect(reply).toEqual(failed());
    expect(await sequences()).toEqual([
      ["box-1", 1],
      ["box-1", 2],
      ["box-2", 1],
    ]);
    expect(published).toEqual([
      [ackTopic("box-1"), '{"sequence":2,"epoch":"e1"}'],
      [ackTopic("box-2"), '{"sequence":1,"epoch":"e1"}'],
      ["cmd/packdrift/v1/box-1/facts/req", '{"id":"id-1"}'],
      ["cmd/packdrift/v1/box-2/facts/req", '{"id":"id-2"}'],
    ]);
    expect(await store.toAcknowledge(10)).toEqual([]);
    expect(log.of("queue.stored")).toEqual([
      {
        records: 3,
        ...{ reports: 2, heartbeats: 1, parts: 0, duplicates: 0, conflicts: 0, refused: 0 },
        ...{ failed: 0, acknowledged: 2, asked: 2, unsent: 0 },
      },
    ]);
  });

  it("stores a batch of one thing that arrives out of order, and acknowledges it once", async () => {
    const messages = [4, 1, 3, 5, 2].map((sequence) => messageOf(complete({ sequence })));

    expect(await receive(eventOfMessages(...messages))).toEqual(failed());
    expect(acks()).toEqual([[ackTopic("box-1"), { sequence: 5, epoch: "e1" }]]);
  });

  it("stores a duplicate once and acknowledges it again, since its device may not know", async () => {
    const message = messageOf(complete());
    await receive(eventOfMessages(message, message));
    await receive(eventOfMessages(message));

    expect(await sequences()).toEqual([["box-1", 1]]);
    expect(acks()).toEqual([
      [ackTopic("box-1"), { sequence: 1, epoch: "e1" }],
      [ackTopic("box-1"), { sequence: 1, epoch: "e1" }],
    ]);
  });

  it("does not acknowledge past a missing report", async () => {
    await receive(eventOfMessages(messageOf(complete({ sequence: 1 })), messageOf(complete({ sequence: 3 }))));

    expect(acks()).toEqual([[ackTopic("box-1"), { sequence: 1, epoch: "e1" }]]);
  });

  it("joins the parts of a report that arrive in two batches", async () => {
    const findings = Array.from({ length: 40 }, (_, at) => someFinding({ actual: `8.2.${at}` }));
    const texts = encodeReport(complete({ findings, drift: "DRIFTED" }), 4_096);
    const [last = "", ...others] = texts.map((text) => textMessage("dt/packdrift/v1/box-1/report", text)).reverse();
    expect(others.length).toBeGreaterThan(1);
    await receive(eventOfMessages(...(others as ReceivedMessage[])));
    expect(acks()).toEqual([]);
    await receive(eventOfMessages(last as ReceivedMessage));

    expect(await sequences()).toEqual([["box-1", 1]]);
    expect(acks()).toEqual([[ackTopic("box-1"), { sequence: 1, epoch: "e1" }]]);
  });

  it("stores what the error action of a rule sends", async () => {
    expect(await receive(eventOf(errorRecord("m1", messageOf(complete()))))).toEqual(failed());
    expect(acks()).toEqual([[ackTopic("box-1"), { sequence: 1, epoch: "e1" }]]);
  });

  it("refuses and counts what cannot be read, so that it is not retried, and stores the others", async () => {
    const reply = await receive(
      eventOf(
        sqsRecord("m1", "{"),
        ruleRecord("m2", textMessage("dt/packdrift/v1/box-1/report", "no JSON")),
        ruleRecord("m3", messageOf(complete())),
        ruleRecord("m4", textMessage("dt/packdrift/v1/box-2/report", complete({ thing: "box-1" }))),
      ),
    );

    expect(reply).toEqual(failed());
    expect(await store.all("SELECT reason, count, topic FROM refused ORDER BY reason")).toEqual([
      { reason: "not-json", count: 1, topic: "dt/packdrift/v1/box-1/report" },
      { reason: "other-thing", count: 1, topic: "dt/packdrift/v1/box-2/report" },
      { reason: "topic", count: 1, topic: "sqs/packdrift-messages" },
    ]);
    expect(await sequences()).toEqual([["box-1", 1]]);
    expect(log.of("queue.stored")).toMatchObject([{ records: 4, refused: 3, failed: 0 }]);
  });

  it("throws when nothing can be stored, and acknowledges nothing", async () => {
    failing = () => new StoreError("the connection was refused");

    await expect(receive(eventOfMessages(messageOf(complete())))).rejects.toThrow("the connection was refused");
    expect([await sequences(), published]).toEqual([[], []]);
    expect(log.of("store.failed")).toEqual([{ message: "the connection was refused", records: 1 }]);
  });

  it("retries only what a failure in the middle left uncommitted, and acknowledges the others", async () => {
    const messages = [1, 2, 3, 4].map((sequence) => messageOf(complete({ sequence })));
    // A fault at the second has each stored by itself, and the database goes away at the third.
    const tells = (batch: readonly ReceivedMessage[], sequence: number) =>
      batch.some(({ payload }) => new TextDecoder().decode(payload).includes(`"sequence":${sequence},`));
    failing = (batch) => {
      if (tells(batch, 2)) return new TypeError("x is undefined");
      return tells(batch, 3) ? new StoreError("the server was stopped") : null;
    };

    expect(await receive(eventOfMessages(...messages))).toEqual(failed("m2", "m3", "m4"));
    expect(await sequences()).toEqual([["box-1", 1]]);
    expect(acks()).toEqual([[ackTopic("box-1"), { sequence: 1, epoch: "e1" }]]);

    failing = null;
    const again = messages.slice(1).map((message, at) => ruleRecord(`m${at + 2}`, message));
    expect(await receive(eventOf(...again))).toEqual(failed());
    expect(acks().at(-1)).toEqual([ackTopic("box-1"), { sequence: 4, epoch: "e1" }]);
  });

  it("stores even when devices cannot be acknowledged, and acknowledges them a minute later", async () => {
    broker = () => new ExpectedError("HTTP 503");

    expect(await receive(eventOfMessages(messageOf(complete())))).toEqual(failed());
    expect([await sequences(), published]).toEqual([[["box-1", 1]], []]);
    expect(log.of("queue.stored")).toMatchObject([{ acknowledged: 0, unsent: 2 }]);

    broker = () => null;
    nowMs += 61_000;
    await runUpkeep(parts);
    expect(published.map(([topic]) => topic)).toEqual([ackTopic("box-1"), "cmd/packdrift/v1/box-1/facts/req"]);
    expect(log.of("upkeep.done")).toEqual([{ settled: 0, requested: 0, acknowledged: 1, asked: 1, unsent: 0 }]);
    published.length = 0;
    await runUpkeep(parts);
    expect(published).toEqual([]);
  });

  it("settles after an hour where an epoch begins that was first heard in its middle", async () => {
    await receive(eventOfMessages(messageOf(complete({ sequence: 7 }))));
    expect(acks()).toEqual([]);
    await runUpkeep(parts);
    nowMs += 60 * 60_000;
    await runUpkeep(parts);

    expect(acks()).toEqual([[ackTopic("box-1"), { sequence: 7, epoch: "e1" }]]);
  });

  it("sends all acknowledgements, page by page", async () => {
    const unsent = new Set(Array.from({ length: 4_100 }, (_, at) => `box-${at}`));
    store = {
      ...store,
      toAcknowledge: async (most) => [...unsent].slice(0, most).map((thing) => ({ thing, epoch: "e1", sequence: 1 })),
      acknowledged: async (sent) => {
        for (const { thing } of sent) unsent.delete(thing);
      },
    };
    await runUpkeep(parts);

    expect([acks().length, unsent.size]).toEqual([4_100, 0]);
    expect(log.of("upkeep.done")).toMatchObject([{ acknowledged: 4_100 }]);
  });

  it("leaves acknowledging to the call in progress that has just stored the reports", async () => {
    broker = () => new ExpectedError("HTTP 503");
    await receive(eventOfMessages(messageOf(complete(), new Date(nowMs).toISOString())));
    broker = () => null;
    await runUpkeep(parts);

    expect(acks()).toEqual([]);
  });

  it("sends people's requests, each once, and counts devices that stay silent", async () => {
    await receive(eventOfMessages(messageOf(complete()), messageOf(complete({ thing: "box-2" }))));
    await makeRequest(
      { command: "check", filter: {}, by: "ada" },
      { ...parts, database: store, perSecond: 50, thingsOf: async () => ["box-1", "box-2"], newId: () => "r-1" },
    );
    published.length = 0;
    await runUpkeep(parts);
    await runUpkeep(parts);

    expect(published).toEqual([
      ["cmd/packdrift/v1/box-1/check/req", '{"id":"r-1"}'],
      ["cmd/packdrift/v1/box-2/check/req", '{"id":"r-1"}'],
    ]);
    const answer = { schema: "packdrift.response/1", thing: "box-1", id: "r-1", status: "DONE" };
    await receive(eventOfMessages(textMessage("cmd/packdrift/v1/box-1/check/res", answer)));
    nowMs += 400_000;
    await runUpkeep(parts);
    expect(await store.all("SELECT thing, status FROM request_thing ORDER BY thing")).toEqual([
      { thing: "box-1", status: "DONE" },
      { thing: "box-2", status: "SILENT" },
    ]);
  });

  it("sends a request again that could not be sent", async () => {
    await receive(eventOfMessages(messageOf(complete())));
    await makeRequest(
      { command: "flush", filter: {}, by: "ada" },
      { ...parts, database: store, perSecond: 50, thingsOf: async () => ["box-1"], newId: () => "r-1" },
    );
    published.length = 0;
    broker = () => new ExpectedError("HTTP 503");
    await runUpkeep(parts);
    broker = () => null;
    await runUpkeep(parts);

    expect(published).toEqual([["cmd/packdrift/v1/box-1/flush/req", '{"id":"r-1"}']]);
  });

  it("leaves the duty to the process that holds it, and frees its own when it is done", async () => {
    const other = await takeDevicesDuty((events) => openPostgresSession(url, events));
    expect(other?.isMine()).toBe(true);
    await runUpkeep(parts);
    expect(log.of("upkeep.done")).toEqual([]);
    await other?.end();
    await runUpkeep(parts);
    await runUpkeep(parts);

    expect(log.of("upkeep.done").length).toBe(2);
  });

  it("notifies open pages of changes", async () => {
    let onAnnounced = (_what: string) => {};
    const announced = new Promise<string>((resolve) => {
      onAnnounced = resolve;
    });
    const session = await openPostgresSession(url, { onAnnounced, onEnded: () => {} });
    onTestFinished(() => session.close());
    await receive(eventOfMessages(messageOf(complete())));

    expect(await announced).toBe("changed");
  });

  it("does not notify pages when nothing is stored", async () => {
    const asked: string[] = [];
    const opened = store;
    store = {
      ...opened,
      all(sql, parameters) {
        asked.push(sql);
        return opened.all(sql, parameters);
      },
    };
    failing = () => new TypeError("a fault of ours");
    expect(await receive(eventOfMessages(messageOf(complete())))).toEqual(failed("m1"));
    expect(await receive(eventOf())).toEqual(failed());

    expect(asked).toEqual([]);
  });

  it("throws for an event that is not the queue's", async () => {
    await expect(receive({ detail: {} })).rejects.toThrow("Cannot read the event: it is not one of Amazon SQS");
  });
});
