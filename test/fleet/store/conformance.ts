import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import { silentLog } from "../../../src/base/log.js";
import { detectFacts } from "../../../src/device/detect.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { summarize } from "../../../src/device/summary.js";
import { askFacts } from "../../../src/fleet/feed/ask-facts.js";
import { timesClamp } from "../../../src/fleet/feed/clamp-times.js";
import { guardedStore } from "../../../src/fleet/feed/guarded-store.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { listGaps } from "../../../src/fleet/state/delivery.js";
import type { Row } from "../../../src/fleet/store/database.js";
import { RETIME } from "../../../src/fleet/store/intake-statements.js";
import { StoreError } from "../../../src/fleet/store/migrate.js";
import type { FleetStore } from "../../../src/fleet/store/open-sqlite.js";
import type { StoreOptions } from "../../../src/fleet/store/store-options.js";
import { sha256 } from "../../../src/platform/seals.js";
import { encodeReport } from "../../../src/report/encode.js";
import type { Report } from "../../../src/report/report.js";
import { sealedText, signedText } from "../../../src/report/seal.js";
import { someEpoch } from "../state/some-rows.js";
import {
  complete,
  drifted,
  heartbeat,
  messageOf,
  minute,
  sealOf,
  someDevice,
  someFinding,
  textMessage,
} from "./fleet-messages.js";
import { insertion } from "./insertion.js";

/** An engine under test: `open` returns an empty store, `again` reopens the same store. */
export interface EngineUnderTest {
  open(options?: StoreOptions): Promise<FleetStore>;
  again(store: FleetStore, options?: StoreOptions): Promise<FleetStore>;
}

const HOSTS = join(import.meta.dirname, "../../hosts");
const HOST = join(HOSTS, "agx-xavier-jp461");

type Started = EngineUnderTest & { stop(): Promise<void> };

const NOTHING = { reports: 0, heartbeats: 0, parts: 0, duplicates: 0, conflicts: 0, refused: 0 };
const ack = (sequence: number, epoch = "e1") => ({ thing: "box-1", epoch, sequence });
const totalsOf = async (store: FleetStore) =>
  Object.fromEntries(
    (await store.all("SELECT name, sum(value) AS value FROM total GROUP BY name")).map(({ name, value }) => [
      name,
      value,
    ]),
  );

/** What every engine must do, run on each. */
export function storeConformance(name: string, start: () => Promise<Started>): void {
  describe(`${name} as the fleet's store`, () => {
    let engine: Started;
    beforeAll(async () => {
      engine = await start();
    });
    afterAll(async () => engine?.stop());

    /** Runs a test on an empty store. */
    async function withStore(use: (store: FleetStore) => Promise<void>, options?: StoreOptions): Promise<void> {
      const store = await engine.open(options);
      try {
        await use(store);
      } finally {
        await store.close();
      }
    }

    describe("delivery", () => {
      it("acknowledges what is stored without a gap", () =>
        withStore(async (store) => {
          expect(await store.ingest([1, 2, 3].map((sequence) => messageOf(complete({ sequence }))))).toEqual({
            acknowledge: [ack(3)],
            askFacts: ["box-1"],
            counts: { ...NOTHING, reports: 3 },
          });
        }));

      it("does not acknowledge past a missing sequence until it arrives", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete({ sequence: 1 })), messageOf(complete({ sequence: 3 }))]);
          expect(await store.all("SELECT contiguous, stored, missing FROM epoch")).toEqual([
            { contiguous: 1, stored: "[[3,3]]", missing: 1 },
          ]);

          const { acknowledge } = await store.ingest([messageOf(complete({ sequence: 2 }))]);

          expect(acknowledge).toEqual([ack(3)]);
          expect(await store.all("SELECT contiguous, stored, missing FROM epoch")).toEqual([
            { contiguous: 3, stored: "[]", missing: 0 },
          ]);
        }));

      it("passes what the device names as lost, and records it", () =>
        withStore(async (store) => {
          const gaps = [{ fromSequence: 2, toSequence: 4, count: 3 }];
          const { acknowledge } = await store.ingest([
            messageOf(complete()),
            messageOf(complete({ sequence: 5, gaps })),
          ]);

          expect(acknowledge).toEqual([ack(5)]);
          expect(await store.all("SELECT from_sequence, to_sequence, count, given_up_by FROM lost")).toEqual([
            { from_sequence: 2, to_sequence: 4, count: 3, given_up_by: null },
          ]);
          expect(await totalsOf(store)).toMatchObject({ named: 3, reports: 2 });
        }));

      it("stores a report that was named as lost but arrives after all", () =>
        withStore(async (store) => {
          const gaps = [{ fromSequence: 2, toSequence: 4, count: 3 }];
          await store.ingest([messageOf(complete()), messageOf(complete({ sequence: 5, gaps }))]);
          await store.ingest([messageOf(complete({ sequence: 3 }))]);

          expect(await store.all("SELECT from_sequence, to_sequence FROM lost ORDER BY from_sequence")).toEqual([
            { from_sequence: 2, to_sequence: 2 },
            { from_sequence: 4, to_sequence: 4 },
          ]);
          expect(await totalsOf(store)).toMatchObject({ named: 2, reports: 3 });
        }));

      it("gives up the gap that a person saw, and nothing once it has changed", () =>
        withStore(async (store) => {
          await store.ingest([1, 4, 6].map((sequence) => messageOf(complete({ sequence }))));
          const giveUp = (from: number, to: number) => store.giveUp("box-1", "e1", "kim", minute(60), { from, to });

          expect([await giveUp(5, 5), await giveUp(2, 4)]).toEqual([null, null]);
          await store.ingest([messageOf(complete({ sequence: 2 }))]);
          expect(await giveUp(2, 3)).toBeNull();
          expect(await giveUp(3, 3)).toEqual({ ...ack(4), count: 1 });
          expect(await giveUp(5, 5)).toEqual({ ...ack(6), count: 1 });
        }));

      it("counts as missing what it lists, without what is named as lost beyond a gap", () =>
        withStore(async (store) => {
          const gaps = [{ fromSequence: 5, toSequence: 7, count: 3 }];
          await store.ingest([messageOf(complete()), messageOf(complete({ sequence: 4 }))]);
          await store.ingest([messageOf(complete({ sequence: 8, gaps }))]);

          expect(await store.all("SELECT contiguous, missing FROM epoch")).toEqual([{ contiguous: 1, missing: 2 }]);
          expect((await listGaps(store, { limit: 10 })).items).toMatchObject([{ from: 2, to: 3 }]);
          await store.ingest([messageOf(complete({ sequence: 2 })), messageOf(complete({ sequence: 3 }))]);
          expect(await store.all("SELECT contiguous, missing FROM epoch")).toEqual([{ contiguous: 8, missing: 0 }]);
          expect(await totalsOf(store)).toMatchObject({ named: 3 });
        }));

      it("lists a range as missing in which the device named too few sequences, so that a person can give it up", () =>
        withStore(async (store) => {
          const gaps = [{ fromSequence: 2, toSequence: 4, count: 1 }];
          await store.ingest([messageOf(complete()), messageOf(complete({ sequence: 5, gaps }))]);
          const found = (await listGaps(store, { limit: 10 })).items;

          expect(found).toMatchObject([{ thing: "box-1", epoch: "e1", from: 2, to: 4 }]);
          for (const { thing, epoch, from, to } of found)
            expect(await store.giveUp(thing, epoch, "kim", minute(60), { from, to })).toEqual({ ...ack(5), count: 3 });
          expect(await listGaps(store, { limit: 10 })).toEqual({ items: [], next: null });
        }));

      it("gives up nothing and lists no gap while reports from before the first one may still come", () =>
        withStore(async (store) => {
          await store.ingest([5, 7].map((sequence) => messageOf(complete({ sequence }))));
          const giveUp = (shown?: { from: number; to: number }) =>
            store.giveUp("box-1", "e1", "kim", minute(60), shown);

          expect((await listGaps(store, { limit: 10 })).items).toEqual([]);
          expect([await giveUp({ from: 6, to: 6 }), await giveUp()]).toEqual([null, null]);
          expect(await store.toAcknowledge(10)).toEqual([]);
          await store.settle(minute(0));
          expect(await store.settle(minute(60))).toEqual([ack(5)]);
          expect((await listGaps(store, { limit: 10 })).items).toMatchObject([{ from: 6, to: 6 }]);
          expect(await giveUp({ from: 6, to: 6 })).toEqual({ ...ack(7), count: 1 });
        }));

      it("gives up only what was shown, and continues with what the device named", () =>
        withStore(async (store) => {
          const gaps = [{ fromSequence: 4, toSequence: 5, count: 2 }];
          await store.ingest([messageOf(complete()), messageOf(complete({ sequence: 8, gaps }))]);
          const giveUp = (from: number, to: number) => store.giveUp("box-1", "e1", "kim", minute(60), { from, to });

          expect(await giveUp(2, 3)).toEqual({ ...ack(5), count: 2 });
          expect(await totalsOf(store)).toMatchObject({ given_up: 2, named: 2 });
          expect(await giveUp(6, 7)).toEqual({ ...ack(8), count: 2 });
        }));

      it("lets a person give up what no report names as lost", () =>
        withStore(async (store) => {
          await store.ingest([1, 3, 6].map((sequence) => messageOf(complete({ sequence }))));
          const given = await store.giveUp("box-1", "e1", "kim", minute(60));

          expect(given).toEqual({ ...ack(6), count: 3 });
          expect(
            await store.all("SELECT from_sequence, to_sequence, given_up_by FROM lost ORDER BY from_sequence"),
          ).toEqual([
            { from_sequence: 2, to_sequence: 2, given_up_by: "kim" },
            { from_sequence: 4, to_sequence: 5, given_up_by: "kim" },
          ]);
          expect(await store.giveUp("box-1", "e1", "kim", minute(61))).toBeNull();
          expect(await store.giveUp("box-2", "e1", "kim", minute(61))).toBeNull();
          expect(await totalsOf(store)).toMatchObject({ given_up: 3 });
        }));

      it("waits for earlier reports before it settles where an epoch begins", () =>
        withStore(async (store) => {
          expect((await store.ingest([messageOf(complete({ sequence: 40 }), minute(0))])).acknowledge).toEqual([]);
          expect((await store.ingest([messageOf(complete({ sequence: 38 }), minute(1))])).acknowledge).toEqual([]);
          expect(await store.settle(minute(0))).toEqual([]);
          expect(await store.settle(minute(59))).toEqual([]);
          expect(await store.all("SELECT first, contiguous FROM epoch")).toEqual([{ first: 38, contiguous: 37 }]);

          expect(await store.settle(minute(60))).toEqual([ack(38)]);
          expect((await store.ingest([messageOf(complete({ sequence: 39 }), minute(61))])).acknowledge).toEqual([
            ack(40),
          ]);
        }));

      it("times and settles a fleet that it sees for the first time with two calls, however large it is", () =>
        withStore(async (store) => {
          const begun = { settles_at: "", first: 40, contiguous: 39, acked: 0, stored: "[[40,40]]" };
          const things = Array.from({ length: 2_500 }, (_, at) => `box-${at}`);
          await store.write(things.map((thing) => insertion("epoch", someEpoch(thing, begun))));

          expect(await store.settle(minute(0))).toEqual([]);
          expect(await store.all("SELECT count(*) AS count FROM epoch WHERE settles_at = ''")).toEqual([{ count: 0 }]);
          expect(await store.settle(minute(59))).toEqual([]);
          const settled = await store.settle(minute(60));

          expect(new Set(settled.map(({ thing }) => thing))).toEqual(new Set(things));
          expect(new Set(settled.map(({ sequence }) => sequence))).toEqual(new Set([40]));
        }));

      it("starts the time again only for epochs that another process has timed", () =>
        withStore(async (store) => {
          const settles = { "box-1": minute(1), "box-2": minute(2), "box-3": "", "box-4": null };
          const rows = Object.entries(settles).map(([thing, settles_at]) => someEpoch(thing, { settles_at }));
          await store.write(rows.map((row) => insertion("epoch", row)));
          const retimed = async () => (await store.write([{ sql: RETIME }]))[0]?.length;

          expect([await retimed(), await retimed()]).toEqual([2, 0]);
          expect(await store.all("SELECT thing, settles_at FROM epoch ORDER BY thing")).toEqual(
            Object.keys(settles).map((thing) => ({ thing, settles_at: thing === "box-4" ? null : "" })),
          );
        }));

      it("waits by the clock of settlements alone: that of arrivals may be set forward and back", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete({ sequence: 40 }), minute(-600))]);
          expect(await store.settle(minute(0))).toEqual([]);
          const { acknowledge } = await store.ingest([messageOf(complete({ sequence: 39 }), minute(600))]);
          expect(acknowledge).toEqual([]);
          expect(await store.settle(minute(59))).toEqual([]);

          expect(await store.settle(minute(60))).toEqual([ack(40)]);
        }));

      it("expects an epoch that follows another one from its beginning", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete())]);
          const { acknowledge } = await store.ingest([messageOf(complete({ epoch: "e2", sequence: 2 }))]);

          expect(acknowledge).toEqual([]);
          expect(await store.all("SELECT epoch, missing FROM epoch ORDER BY born")).toEqual([
            { epoch: "e1", missing: 0 },
            { epoch: "e2", missing: 1 },
          ]);
        }));

      it("acknowledges a duplicate again and stores it once", () =>
        withStore(async (store) => {
          const message = messageOf(complete());
          await store.ingest([message]);

          expect(await store.ingest([message, message])).toEqual({
            acknowledge: [ack(1)],
            askFacts: [],
            counts: { ...NOTHING, duplicates: 2 },
          });
          expect(await store.all("SELECT count(*) AS count FROM report")).toEqual([{ count: 1 }]);
        }));

      it("replaces a shortened report by the whole one, whenever it comes", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete({ cut: true }), minute(1))]);
          await store.ingest([messageOf(complete(), minute(2))]);

          const reports = await store.all("SELECT sequence, received_at, seal LIKE 'cut %' AS short FROM report");
          expect(reports.map(({ short, ...row }) => ({ ...row, short: Boolean(short) }))).toEqual([
            { sequence: 1, received_at: minute(2), short: false },
          ]);
        }));

      it("keeps the first of two reports with one number, and shows the other", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete())]);
          const { counts } = await store.ingest([messageOf(drifted())]);

          expect(counts).toEqual({ ...NOTHING, conflicts: 1 });
          expect(await store.all("SELECT drift FROM report")).toEqual([{ drift: "IN_SYNC" }]);
          expect(await store.all("SELECT drift FROM thing")).toEqual([{ drift: "IN_SYNC" }]);
          expect(await store.all("SELECT reason, count, topic FROM refused")).toEqual([
            { reason: "conflict", count: 1, topic: "dt/packdrift/v1/box-1/report" },
          ]);
        }));

      it("keeps the last 20 messages that were refused for each reason, with their devices", () =>
        withStore(async (store) => {
          const bad = (at: number) => textMessage(`dt/packdrift/v1/box-${at}/report`, `{ ${at}`, minute(at));
          const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
          const kept = async () =>
            (
              await store.all("SELECT number, thing, at FROM refused_message WHERE reason = 'not-json' ORDER BY number")
            ).map(({ number, thing, at }) => [number, thing, at]);
          const expected = (from: number, to: number) => range(from, to).map((at) => [at, `box-${at}`, minute(at)]);
          await store.ingest(range(1, 3).map(bad));
          expect(await kept()).toEqual(expected(1, 3));
          await store.ingest([...range(4, 22).map(bad), textMessage("elsewhere/é", "x".repeat(2_000))]);
          expect(await kept()).toEqual(expected(3, 22));
          await store.ingest(range(23, 123).map(bad));

          expect(await kept()).toEqual(expected(104, 123));
          const [other] = await store.all("SELECT * FROM refused_message WHERE reason = 'topic'");
          expect(other).toMatchObject({ number: 1, thing: null, topic: "elsewhere/é" });
          expect(other?.sample).toHaveLength(1_024);
          expect(await store.all("SELECT reason, count FROM refused ORDER BY reason")).toEqual([
            { reason: "not-json", count: 123 },
            { reason: "topic", count: 1 },
          ]);
        }));

      it("keeps what it has sent, and never goes back", () =>
        withStore(async (store) => {
          await store.ingest([1, 2, 3].map((sequence) => messageOf(complete({ sequence }))));
          expect(await store.toAcknowledge(10)).toEqual([ack(3)]);
          const { heard } = (await store.all("SELECT heard FROM epoch"))[0] ?? {};
          const later = new Date(Date.parse(String(heard)) + 1).toISOString();
          expect([await store.toAcknowledge(10, String(heard)), await store.toAcknowledge(10, later)]).toEqual([
            [],
            [ack(3)],
          ]);
          await store.acknowledged([ack(2), ack(3), ack(1)]);
          await store.acknowledged([ack(2)]);
          await store.acknowledged([]);

          expect(await store.all("SELECT acked FROM epoch")).toEqual([{ acked: 3 }]);
          expect(await store.toAcknowledge(10)).toEqual([]);
          await store.ingest([messageOf(complete({ sequence: 4 }))]);
          expect(await store.all("SELECT acked, contiguous FROM epoch")).toEqual([{ acked: 3, contiguous: 4 }]);
        }));
    });

    describe("restarts", () => {
      it("keeps state, findings and totals", async () => {
        const first = await engine.open();
        const verdict = { drift: "DRIFTED", runnable: "WILL_NOT_RUN" } as const;
        await first.ingest([messageOf(drifted()), messageOf(heartbeat({ sequence: 2, ...verdict }))]);
        const store = await engine.again(first);

        expect(await store.all("SELECT thing, drift, runnable, since, jobs FROM thing")).toEqual([
          { thing: "box-1", ...verdict, since: minute(1), jobs: 1 },
        ]);
        expect(await store.all("SELECT rule, since, until FROM finding")).toEqual([
          { rule: "compiler.trt-ver", since: minute(1), until: null },
        ]);
        expect(await totalsOf(store)).toEqual({ heartbeats: 1, reports: 1 });
        const [report] = await store.all("SELECT dictionary, body FROM report WHERE sequence = 1");
        expect(JSON.parse(store.unpack(report as never))).toEqual(drifted());
        await store.close();
      });

      it("joins parts that come before and after", async () => {
        const findings = ["a", "b", "c"].map((actual) => someFinding({ actual, because: "x".repeat(900) }));
        const whole = drifted({ findings });
        const parts = encodeReport(whole, 3_000).map((text) => textMessage("dt/packdrift/v1/box-1/report", text));
        expect(parts.length).toBeGreaterThan(1);
        const first = await engine.open();
        expect((await first.ingest(parts.slice(1))).acknowledge).toEqual([]);
        const store = await engine.again(first);

        const { acknowledge } = await store.ingest([parts[0] as never]);

        expect(acknowledge).toEqual([ack(1)]);
        const [report] = await store.all("SELECT dictionary, body FROM report");
        expect(JSON.parse(store.unpack(report as never))).toEqual(whole);
        expect(await store.all("SELECT count(*) AS count FROM part")).toEqual([{ count: 0 }]);
        expect(await store.all("SELECT count(*) AS count FROM finding WHERE until IS NULL")).toEqual([{ count: 3 }]);
        await store.close();
      });

      it("accepts no unsigned reports from a device once it has signed", async () => {
        const { privateKey, publicKey } = generateKeyPairSync("ed25519");
        const keys = mkdtempSync(join(tmpdir(), "packdrift-keys-"));
        writeFileSync(join(keys, "box-1.pem"), publicKey.export({ type: "spki", format: "pem" }));
        const signed = (report: Report): Report => ({
          ...report,
          signature: sign(null, Buffer.from(signedText(sha256(sealedText(report)))), privateKey).toString("base64url"),
        });
        const first = await engine.open({ keys });
        await first.ingest([messageOf(signed(complete()))]);
        const store = await engine.again(first, { keys });

        const unsigned = await store.ingest([messageOf(complete({ sequence: 2 }))]);
        const forged = await store.ingest([messageOf({ ...signed(complete({ sequence: 2 })), drift: "DRIFTED" })]);
        const good = await store.ingest([messageOf(signed(complete({ sequence: 2 })))]);

        expect([unsigned, forged, good].map(({ counts }) => counts)).toEqual([
          { ...NOTHING, refused: 1 },
          { ...NOTHING, refused: 1 },
          { ...NOTHING, reports: 1 },
        ]);
        expect(await store.all("SELECT reason, count FROM refused")).toEqual([{ reason: "signature", count: 2 }]);
        expect(await store.all("SELECT has_signed FROM thing")).toEqual([{ has_signed: 1 }]);
        await store.close();
        rmSync(keys, { recursive: true });
      });

      it("refuses a store of a later version", async () => {
        const first = await engine.open();
        await first.write([{ sql: "UPDATE store_version SET number = 1000" }]);
        await expect(engine.again(first)).rejects.toThrow(
          /its version is 1000, this packdrift knows up to \d+; use the packdrift/,
        );
      });
    });

    describe("state", () => {
      it("follows epoch and sequence, whatever comes first", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(drifted({ sequence: 2 }))]);
          await store.ingest([messageOf(complete({ sequence: 1 }))]);

          expect(await store.all("SELECT drift, runnable, sequence FROM state")).toEqual([
            { drift: "DRIFTED", runnable: "WILL_NOT_RUN", sequence: 2 },
          ]);
          expect(await store.all("SELECT count(*) AS count FROM finding WHERE until IS NULL")).toEqual([{ count: 1 }]);
        }));

      it("is not affected by a device's clock that was set back", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete({ sequence: 1, checkedAt: minute(1_000) }), minute(1_001))]);
          await store.ingest([
            messageOf(drifted({ epoch: "e2", checkedAt: "1970-01-01T00:01:00.000Z" }), minute(1_002)),
          ]);

          expect(await store.all("SELECT epoch, drift, since FROM state")).toEqual([
            { epoch: "e2", drift: "DRIFTED", since: minute(1_002) },
          ]);
          expect(await store.all("SELECT drift, since, until FROM past_state")).toEqual([
            { drift: "IN_SYNC", since: minute(1_000), until: minute(1_002) },
          ]);
        }));

      it("learns since when a finding exists from a report that arrives after the next heartbeat", () =>
        withStore(async (store) => {
          const verdict = { drift: "DRIFTED", runnable: "WILL_NOT_RUN" } as const;
          await store.ingest([messageOf(complete())]);
          await store.ingest([messageOf(heartbeat({ sequence: 3, ...verdict }))]);
          await store.ingest([messageOf(drifted({ sequence: 2 }), minute(60))]);

          expect(await store.all("SELECT since FROM state")).toEqual([{ since: minute(3) }]);
          expect(await store.all("SELECT since FROM finding")).toEqual([{ since: minute(2) }]);
        }));

      it("does not restore what the device no longer has because of an older report", async () => {
        const none = complete({
          sequence: 2,
          job: { ...complete().job, project: null, name: null },
          component: { ...complete().component, name: null },
        });
        const lateOnes = [
          { late: drifted(), now: [none] },
          { late: none, now: [complete({ sequence: 3 })] },
        ];
        for (const { late, now } of lateOnes) {
          await withStore(async (store) => {
            await store.ingest(now.map((report) => messageOf(report)));
            const states = "SELECT job, drift, since FROM state";
            const before = await store.all(states);
            await store.ingest([messageOf(late, minute(60))]);

            expect(await store.all(states)).toEqual(before);
            expect(await store.all("SELECT drift, runnable, jobs FROM thing")).toMatchObject([{ drift: "IN_SYNC" }]);
            expect(await store.all("SELECT thing FROM finding")).toEqual([]);
            expect(await store.all("SELECT count(*) AS count FROM report")).toEqual([{ count: now.length + 1 }]);
          });
        }
      });

      it("does not get back a job that the device has no longer by a report from when it had it", async () => {
        const hours = (count: number) => minute(60 * count);
        const other = { ...complete().job, name: "job-2" };
        const first = [1, 24, 48].map((at, index) => complete({ sequence: 2 * index + 1, checkedAt: hours(at) }));
        const late = drifted({ sequence: 4, job: other, checkedAt: hours(24) });
        for (const split of [false, true]) {
          await withStore(async (store) => {
            const batch = [complete({ sequence: 2, job: other, checkedAt: hours(1) }), ...first];
            const received = (report: Report) => messageOf(report);
            if (split) for (const report of batch) await store.ingest([received(report)]);
            else await store.ingest(batch.map(received));
            expect(await store.all("SELECT job FROM state")).toEqual([{ job: "job-1" }]);
            await store.ingest([messageOf(late, hours(49))]);

            expect(await store.all("SELECT job, drift FROM state")).toEqual([{ job: "job-1", drift: "IN_SYNC" }]);
            expect(await store.all("SELECT drift, jobs FROM thing")).toEqual([{ drift: "IN_SYNC", jobs: 1 }]);
            expect(await store.all("SELECT thing FROM finding")).toEqual([]);
            // It has the job again, and its report comes out of order.
            await store.ingest([messageOf(complete({ sequence: 7, checkedAt: hours(72) }))]);
            await store.ingest([messageOf(complete({ sequence: 6, job: other, checkedAt: hours(71) }), hours(73))]);
            expect(await store.all("SELECT job FROM state ORDER BY job")).toEqual([{ job: "job-1" }, { job: "job-2" }]);
          });
        }
      });

      it("ends the jobs from before a report that there is nothing to check, also when a later job came first", () =>
        withStore(async (store) => {
          const none = complete({
            sequence: 2,
            job: { ...complete().job, project: null, name: null },
            component: { ...complete().component, name: null },
          });
          const other = { ...complete().job, name: "job-2" };
          await store.ingest([messageOf(drifted()), messageOf(complete({ sequence: 3, job: other }))]);
          await store.ingest([messageOf(none, minute(60))]);

          expect(await store.all("SELECT job, since FROM state")).toEqual([{ job: "job-2", since: minute(3) }]);
          expect(await store.all("SELECT job, since, until FROM past_state")).toEqual([
            { job: "job-1", since: minute(1), until: minute(2) },
          ]);
          expect(await store.all("SELECT until FROM finding")).toEqual([{ until: minute(2) }]);
          expect(await store.all("SELECT drift, runnable, since, jobs FROM thing")).toEqual([
            { drift: "IN_SYNC", runnable: "RUNNABLE", since: minute(3), jobs: 1 },
          ]);
        }));

      it("adds a second job from a report that arrives after one about the first, however much older it is", () =>
        withStore(async (store) => {
          const other = { ...complete().job, name: "job-2" };
          const late = minute(5 * 24 * 60);
          await store.ingest([messageOf(complete({ sequence: 2, checkedAt: late }))]);
          await store.ingest([messageOf(drifted({ sequence: 1, job: other }), late)]);

          expect(await store.all("SELECT job FROM state ORDER BY job")).toEqual([{ job: "job-1" }, { job: "job-2" }]);
        }));

      it("recognises an epoch that continues after one that was kept in memory", () =>
        withStore(async (store) => {
          const at = (boot: string, ms: number) => ({ clock: { boot, ms } });
          await store.ingest([messageOf(complete({ ...at("boot-1", 1) }))]);
          await store.ingest([messageOf(drifted({ epoch: "memory", ...at("boot-2", 5) }))]);
          await store.ingest([messageOf(complete({ sequence: 2, ...at("boot-3", 1) }))]);
          expect(await store.all("SELECT epoch, drift FROM state")).toEqual([{ epoch: "e1", drift: "IN_SYNC" }]);

          // Made before the restart, sent again now.
          await store.ingest([messageOf(drifted({ epoch: "memory", sequence: 2, ...at("boot-2", 6) }))]);
          expect(await store.all("SELECT epoch, drift FROM state")).toEqual([{ epoch: "e1", drift: "IN_SYNC" }]);
        }));

      it("opens and closes findings, and keeps their history", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(drifted({ sequence: 1 })), messageOf(complete({ sequence: 2 }))]);

          expect(await store.all("SELECT since, until FROM finding")).toEqual([{ since: minute(1), until: minute(2) }]);
          expect(await store.all("SELECT drift, since, until FROM past_state")).toEqual([
            { drift: "DRIFTED", since: minute(1), until: minute(2) },
          ]);
          expect(await store.all("SELECT drift, since, blocking, findings FROM state")).toEqual([
            { drift: "IN_SYNC", since: minute(2), blocking: 0, findings: 0 },
          ]);
        }));

      it("keeps the severity that a finding had, and leaves other words of it to the newest report", () =>
        withStore(async (store) => {
          const told = (sequence: number, over: Parameters<typeof someFinding>[0] = {}) =>
            messageOf(drifted({ sequence, findings: [someFinding({ fingerprint: "f", ...over })] }));
          await store.ingest([told(1, { severity: "WARNING" }), told(2, { severity: "WARNING", because: "again" })]);
          await store.ingest([told(3)]);

          expect(await store.all("SELECT severity, since, until, because FROM finding ORDER BY since")).toEqual([
            { severity: "WARNING", since: minute(1), until: minute(3), because: "again" },
            { severity: "BLOCKING", since: minute(3), until: null, because: someFinding().because },
          ]);
        }));

      it("is confirmed by a heartbeat, which closes nothing", () =>
        withStore(async (store) => {
          const verdict = { drift: "DRIFTED", runnable: "WILL_NOT_RUN" } as const;
          await store.ingest([messageOf(drifted()), messageOf(heartbeat({ sequence: 2, ...verdict }))]);

          expect(await store.all("SELECT since, checked_at, report_sequence, findings FROM state")).toEqual([
            { since: minute(1), checked_at: minute(2), report_sequence: 1, findings: 1 },
          ]);
          expect(await store.all("SELECT count(*) AS count FROM finding WHERE until IS NULL")).toEqual([{ count: 1 }]);
        }));

      it("does not stay fresh because the receiver's clock was ahead", () =>
        withStore(async (store) => {
          const [begun, yearMs] = [Date.now(), 365 * 86_400_000];
          const at = (ms: number) => new Date(begun + ms).toISOString();
          const device = { ...someDevice, l4t: "35.3.1" };
          await store.ingest([
            messageOf(complete(), at(-1)),
            messageOf(complete({ sequence: 2, device }), at(yearMs)),
            messageOf(heartbeat({ sequence: 3 }), at(0)),
          ]);
          const { first_heard, ...times } =
            (await store.all("SELECT first_heard, last_heard, change_at FROM thing"))[0] ?? {};
          const { heard } = (await store.all("SELECT heard FROM epoch"))[0] ?? {};

          expect(first_heard).toBe(at(-1));
          for (const time of [...Object.values(times), heard]) {
            expect(Date.parse(String(time))).toBeGreaterThanOrEqual(begun);
            expect(Date.parse(String(time))).toBeLessThanOrEqual(Date.now());
          }
        }));

      it("keeps the newest status and facts when older ones come after them", () =>
        withStore(async (store) => {
          const status = (online: boolean, at: string) =>
            textMessage("dt/packdrift/v1/box-1/status", { schema: "packdrift.status/1", thing: "box-1", online }, at);
          const facts = (host: string, at: string) => {
            const known = summarize(detectFacts(linuxHost(join(HOSTS, host)), []));
            return textMessage("dt/packdrift/v1/box-1/facts", { thing: "box-1", facts: known }, at);
          };
          const row = async () => (await store.all("SELECT online, online_at, facts_digest, facts_at FROM thing"))[0];
          await store.ingest([status(false, minute(10)), facts("agx-xavier-jp461", minute(10))]);
          const newest = await row();

          for (const host of ["aws-t3-nogpu", "agx-xavier-jp461"]) {
            await store.ingest([status(true, minute(5)), facts(host, minute(5))]);
            expect(await row()).toEqual(newest);
            expect(await store.all("SELECT at FROM facts")).toEqual([{ at: minute(10) }]);
          }

          // Stamped by a clock that was ahead: what comes now is newer.
          await store.ingest([status(true, minute(10_000_000)), facts("aws-t3-nogpu", minute(10_000_000))]);
          await store.ingest([status(false, minute(11)), facts("agx-xavier-jp461", minute(11))]);
          expect(await row()).toEqual({ ...newest, online_at: minute(11), facts_at: minute(11) });
        }));

      it("stays as fresh as it is when a message that has waited in a queue for hours is stored", () =>
        withStore(async (store) => {
          const begun = Date.now();
          const minutesAgo = (minutes: number) => new Date(begun - minutes * 60_000).toISOString();
          const device = { ...someDevice, l4t: "35.3.1" };
          await store.ingest([
            messageOf(complete(), minutesAgo(30)),
            messageOf(complete({ sequence: 2, device }), minutesAgo(1)),
            textMessage(
              "dt/packdrift/v1/box-1/status",
              { schema: "packdrift.status/1", thing: "box-1", online: true },
              minutesAgo(1),
            ),
          ]);
          const times = async () => [
            await store.all("SELECT first_heard, last_heard, change_at, online_at FROM thing"),
            await store.all("SELECT heard FROM epoch"),
          ];
          const known = await times();
          expect(known).toMatchObject([
            [{ last_heard: minutesAgo(1), change_at: minutesAgo(1) }],
            [{ heard: minutesAgo(1) }],
          ]);
          await store.ingest([messageOf(heartbeat({ sequence: 3 }), minutesAgo(600))]);

          expect(await times()).toEqual(known);
        }));

      it("becomes silent, though the receiver's clock was ahead when the thing was last heard", () =>
        withStore(async (store) => {
          await store.ingest([messageOf(complete(), minute(500_000))]);
          let nowMs = Date.parse(minute(2));
          const clamp = timesClamp({ database: store, now: () => nowMs, steadyMs: () => nowMs });
          nowMs = Date.parse(minute(12));
          await clamp();

          expect(await store.all("SELECT first_heard, last_heard FROM thing")).toEqual([
            { first_heard: minute(12), last_heard: minute(12) },
          ]);
          expect(await store.all("SELECT heard FROM epoch")).toEqual([{ heard: minute(12) }]);
        }));

      it("is the worst of the thing's jobs", () =>
        withStore(async (store) => {
          const other = { ...complete().job, name: "job-2" };
          await store.ingest([messageOf(drifted()), messageOf(complete({ sequence: 2, job: other }))]);

          expect(await store.all("SELECT drift, runnable, jobs FROM thing")).toEqual([
            { drift: "DRIFTED", runnable: "WILL_NOT_RUN", jobs: 2 },
          ]);
        }));

      it("notes which findings follow from another", () =>
        withStore(async (store) => {
          const findings = [
            someFinding({ rule: "target.accelerator", actual: "none" }),
            someFinding({ rule: "compiler.gpu-code", actual: "none" }),
            someFinding({ rule: "device.memory", severity: "WARNING" }),
          ];
          await store.ingest([messageOf(drifted({ findings }))]);

          expect(await store.all("SELECT rule, follows FROM finding ORDER BY rule")).toEqual([
            { rule: "compiler.gpu-code", follows: "target.accelerator" },
            { rule: "device.memory", follows: null },
            { rule: "target.accelerator", follows: null },
          ]);
        }));

      it("names the change that brought a finding", () =>
        withStore(async (store) => {
          const device = { ...someDevice, l4t: "35.3.1", tensorrt: "8.5.2" };
          await store.ingest([messageOf(complete())]);
          const { askFacts } = await store.ingest([
            messageOf(drifted({ sequence: 2, device, trigger: "FACT_CHANGE" })),
          ]);

          const [change] = await store.all("SELECT id, delta, trigger_kind FROM change");
          expect(JSON.parse(String(change?.delta))).toEqual({
            l4t: ["32.4.3", "35.3.1"],
            tensorrt: ["7.1.3", "8.5.2"],
          });
          expect(await store.all("SELECT change_id FROM finding")).toEqual([{ change_id: change?.id ?? null }]);
          expect(askFacts).toEqual(["box-1"]);
        }));

      it("remembers which changed devices to ask for their facts, over restarts of the receiver", () =>
        withStore(async (store) => {
          const facts = { thing: "box-1", facts: summarize(detectFacts(linuxHost(HOST), [])) };
          const fact = (at: number) => textMessage("dt/packdrift/v1/box-1/facts", facts, minute(at));
          const asked = (at: number) =>
            store.write([{ sql: "UPDATE thing SET facts_asked_at = $1", parameters: [minute(at)] }]);
          const device = { ...someDevice, l4t: "35.3.1" };
          /** What a receiver that starts now asks. */
          const toAsk = async (at: number) => {
            const lane = askFacts({
              ...{ database: store, prefixes: TOPIC_PREFIXES, perSecond: 1, log: silentLog, later: () => () => {} },
              ...{ now: () => Date.parse(minute(at)), newId: () => "f", wake: () => {} },
            });
            await lane.resume();
            return lane.next()?.topic ?? null;
          };
          await store.ingest([messageOf(complete()), fact(3)]);
          await asked(3);
          expect(await toAsk(4)).toBeNull();

          await store.ingest([messageOf(complete({ sequence: 5, device, gaps: [] }))]);
          expect(await toAsk(7)).toBe("cmd/packdrift/v1/box-1/facts/req");
          await asked(7);
          expect(await toAsk(8)).toBeNull();
          await store.ingest([fact(9)]);

          expect(await toAsk(2_000)).toBeNull();
        }));

      it("counts a report that does not have the seal of the one before it", () =>
        withStore(async (store) => {
          const first = complete();
          await store.ingest([messageOf(first), messageOf(complete({ sequence: 2, previous: sealOf(first) }))]);
          expect((await totalsOf(store)).chain_faults).toBeUndefined();
          await store.ingest([messageOf(complete({ sequence: 3, previous: sealOf(first) }))]);
          expect(await totalsOf(store)).toMatchObject({ chain_faults: 1, reports: 3 });
        }));

      it("compares the links to both neighbours of a report that comes late, in one batch or in several", async () => {
        const first = complete();
        const second = heartbeat({ sequence: 2, previous: sealOf(first) });
        const third = complete({ sequence: 3, previous: sealOf(second) });
        const forged = [complete({ sequence: 2, previous: "nonsense" }), heartbeat({ sequence: 2 })];
        for (const isTogether of [true, false]) {
          for (const [late, faults] of [
            [second, undefined],
            ...forged.map((each, at) => [each, 2 - at] as const),
          ] as const) {
            await withStore(async (store) => {
              const messages = [first, third, late].map((report) => messageOf(report));
              for (const batch of isTogether ? [messages] : messages.map((message) => [message]))
                await store.ingest(batch);

              const totals = await totalsOf(store);
              expect([totals.chain_faults, Number(totals.reports) + Number(totals.heartbeats ?? 0)]).toEqual([
                faults,
                3,
              ]);
              expect(await store.all("SELECT contiguous FROM epoch")).toEqual([{ contiguous: 3 }]);
            });
          }
        }
      });

      it("compares a report that was named as lost but arrives after all, and the one that follows it", () =>
        withStore(async (store) => {
          const first = complete();
          const second = complete({ sequence: 2, previous: sealOf(first) });
          const third = complete({ sequence: 3, previous: sealOf(second) });
          const gaps = [{ epoch: "e1", fromSequence: 2, toSequence: 2, count: 1 }];
          await store.ingest([messageOf(first)]);
          await store.ingest([messageOf(complete({ epoch: "e2", gaps }))]);
          expect(await store.all("SELECT contiguous FROM epoch WHERE epoch = 'e1'")).toEqual([{ contiguous: 2 }]);
          await store.ingest([messageOf(second)]);
          await store.ingest([messageOf(third)]);
          expect((await totalsOf(store)).chain_faults).toBeUndefined();

          await store.ingest([messageOf(complete({ sequence: 4, previous: sealOf(second) }))]);
          expect((await totalsOf(store)).chain_faults).toBe(1);
        }));
    });

    describe("other messages", () => {
      it("counts refusals by reason with the first bytes of the last", () =>
        withStore(async (store) => {
          const { counts } = await store.ingest([
            textMessage("dt/packdrift/v1/box-1/report", "{not JSON \u0000"),
            textMessage("dt/packdrift/v1/box-1/report", "{still not"),
            textMessage("dt/packdrift/v1/box-2/report", complete()),
            textMessage("dt/other/v1/box-1/report", complete()),
            textMessage("dt/packdrift/v1/box-1/status", { online: 1 }),
          ]);

          expect(counts).toEqual({ ...NOTHING, refused: 5 });
          const rows = await store.all("SELECT reason, count, sample FROM refused ORDER BY reason");
          const shown = rows.map(({ reason, count, sample }) => [
            reason,
            count,
            Buffer.from(sample as Uint8Array)
              .toString()
              .slice(0, 10),
          ]);
          expect(shown).toEqual([
            ["not-a-status", 1, '{"online":'],
            ["not-json", 2, "{still not"],
            ["other-thing", 1, '{"schema":'],
            ["topic", 1, '{"schema":'],
          ]);
        }));

      it("stores texts that no engine could hold as they are", () =>
        withStore(async (store) => {
          const because = "nul \u0000 and half a pair \ud800";
          const { counts } = await store.ingest([messageOf(drifted({ findings: [someFinding({ because })] }))]);

          expect(counts).toEqual({ ...NOTHING, reports: 1 });
          expect(await store.all("SELECT because FROM finding")).toEqual([
            { because: "nul \ufffd and half a pair \ufffd" },
          ]);
        }));

      it("stores a thing's online status, and its answers to requests", () =>
        withStore(async (store) => {
          await store.write([
            {
              sql: "INSERT INTO request_thing (id, thing, status) VALUES ($1, $2, $3)",
              parameters: ["r-1", "box-1", "WAITING"],
            },
          ]);
          const answer = {
            schema: "packdrift.response/1",
            thing: "box-1",
            command: "check",
            id: "r-1",
            status: "DONE",
          };
          await store.ingest([
            textMessage("dt/packdrift/v1/box-1/status", { schema: "packdrift.status/1", thing: "box-1", online: true }),
            textMessage("cmd/packdrift/v1/box-1/check/res", { ...answer, result: { checks: [] } }, minute(5)),
          ]);

          expect(await store.all("SELECT online, last_heard FROM thing")).toEqual([
            { online: 1, last_heard: minute(5) },
          ]);
          expect(await store.all("SELECT status, answered_at, answer FROM request_thing")).toEqual([
            { status: "DONE", answered_at: minute(5), answer: '{"result":{"checks":[]}}' },
          ]);
        }));
    });

    describe("retention", () => {
      it("deletes what is old, but never a device's last report or an open finding", () =>
        withStore(
          async (store) => {
            const late = (days: number) => minute(days * 1_440);
            const beat = (sequence: number, days: number) =>
              messageOf(heartbeat({ sequence, checkedAt: late(days), drift: "DRIFTED", runnable: "WILL_NOT_RUN" }));
            await store.ingest([
              messageOf(drifted()),
              messageOf(complete({ sequence: 2 })),
              messageOf(drifted({ sequence: 3 })),
              beat(4, 1),
              beat(5, 2),
              beat(6, 3),
            ]);
            let deleted = 0;
            for (let count = -1; count !== 0; deleted += count) count = await store.prune(late(100));

            expect(deleted).toBe(7);
            expect(await store.all("SELECT sequence FROM report ORDER BY sequence")).toEqual([
              { sequence: 3 },
              { sequence: 6 },
            ]);
            expect(await store.all("SELECT until FROM finding")).toEqual([{ until: null }]);
            expect(await store.all("SELECT contiguous FROM epoch")).toEqual([{ contiguous: 6 }]);
            // What was deleted is not stored again.
            expect((await store.ingest([messageOf(complete({ sequence: 2 }))])).counts).toEqual({
              ...NOTHING,
              duplicates: 1,
            });
          },
          { reportDays: 90, heartbeatDays: 30 },
        ));
    });

    it("does not go back because of a report of an epoch whose other reports were deleted", () =>
      withStore(
        async (store) => {
          const years = minute(3 * 366 * 1_440);
          await store.ingest([messageOf(drifted()), messageOf(complete({ epoch: "e2", checkedAt: minute(10) }))]);
          await store.ingest([messageOf(complete({ epoch: "e2", sequence: 2, checkedAt: years }))]);
          for (let count = -1; count !== 0; ) count = await store.prune(years);
          expect(await store.all("SELECT epoch, sequence FROM report")).toEqual([{ epoch: "e2", sequence: 2 }]);

          await store.ingest([messageOf(drifted(), years), messageOf(drifted({ sequence: 2 }), years)]);

          expect(await store.all("SELECT drift FROM thing")).toEqual([{ drift: "IN_SYNC" }]);
          expect(await store.all("SELECT epoch, sequence FROM state")).toEqual([{ epoch: "e2", sequence: 2 }]);
        },
        { reportDays: 400, heartbeatDays: 30 },
      ));

    it("keeps a bounded number of old epochs", () =>
      withStore(
        async (store) => {
          const epochs = Array.from({ length: 40 }, (_, at) => `e${at + 1}`);
          await store.ingest(epochs.map((epoch) => messageOf(complete({ epoch }))));
          for (let count = -1; count !== 0; ) count = await store.prune(minute(1_000 * 1_440));

          const kept = await store.all("SELECT epoch FROM epoch ORDER BY born");
          expect(kept.map(({ epoch }) => epoch)).toEqual(epochs.slice(-21));
        },
        { reportDays: 400, heartbeatDays: 30 },
      ));

    it("fails without a table, and accepts the same messages once the table is back", () =>
      withStore(async (unguarded) => {
        const store = guardedStore(unguarded);
        await store.write([{ sql: "ALTER TABLE report RENAME TO elsewhere" }]);
        for (const message of [messageOf(complete()), messageOf(heartbeat())])
          await expect(store.ingest([message])).rejects.toThrow(StoreError);
        await store.write([{ sql: "ALTER TABLE elsewhere RENAME TO report" }]);

        expect((await store.ingest([messageOf(complete())])).acknowledge).toEqual([ack(1)]);
      }));

    it("does not fail because of a value that it cannot store", () =>
      withStore(async (unguarded) => {
        const store = guardedStore(unguarded);
        const insert = (thing: string | null) =>
          store.write([{ sql: "INSERT INTO thing (thing) VALUES ($1)", parameters: [thing] }]);
        await insert("a");
        for (const value of ["a", null]) await expect(insert(value)).rejects.not.toBeInstanceOf(ExpectedError);
      }));

    it("writes all statements of a transaction or none, and returns the rows of RETURNING", () =>
      withStore(async (store) => {
        const insert = (thing: string) => ({
          sql: "INSERT INTO thing (thing) VALUES ($1) RETURNING thing",
          parameters: [thing],
        });
        const rows: readonly (readonly Row[])[] = await store.write([insert("a"), insert("b")]);
        expect(rows).toEqual([[{ thing: "a" }], [{ thing: "b" }]]);
        await expect(store.write([insert("c"), insert("a")])).rejects.toThrow();
        expect(await store.all("SELECT count(*) AS count FROM thing")).toEqual([{ count: 2 }]);
      }));
  });
}
