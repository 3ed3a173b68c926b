import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../src/base/errors.js";
import { alarmRounds } from "../../../src/fleet/alarms/alarm-round.js";
import { DEFAULT_ALARM_SETTINGS } from "../../../src/fleet/alarms/alarm-settings.js";
import { fleetAlarms } from "../../../src/fleet/alarms/fleet-alarms.js";
import type { ReceivedMessage } from "../../../src/fleet/arrival.js";
import { fleetQuestions } from "../../../src/fleet/state/fleet-questions.js";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { alone } from "../../../src/fleet/store/peers.js";
import { lacks } from "../../needed.js";
import { someMeasured } from "../alarms/some-measured.js";
import {
  complete,
  drifted,
  heartbeat,
  messageOf,
  minute,
  someDevice,
  someFinding,
  textMessage,
} from "./fleet-messages.js";
import { sharedPostgres } from "./postgres-server.js";

/** Texts that engines, JSON, terminals and pages stumble over. */
const NASTY = [
  "a\u0000b",
  "\ud800",
  "x\udc00y",
  "\u202e\u200b\ufeff",
  "__proto__",
  "constructor",
  "'; DROP TABLE thing; --",
  "%_!\\",
  "𝕏".repeat(40),
  "<script>alert(1)</script>",
  "$1 {blob} \\x",
  "\u001b[31m",
];

const engines = [
  {
    name: "SQLite",
    isSkipped: false,
    start: async () => ({ open: () => openSqlite(":memory:"), stop: async () => undefined }),
  },
  {
    name: "PostgreSQL",
    isSkipped: lacks("PostgreSQL"),
    start: async () => {
      const server = await sharedPostgres();
      return { open: async () => openPostgres(await server.database()), stop: async () => undefined };
    },
  },
];

const parsed = (text: string) => JSON.parse(text) as object;

/** A report as text, with members that no type allows. */
function raw(report: object, more: string): ReceivedMessage {
  return textMessage("dt/packdrift/v1/box-1/report", `${JSON.stringify(report).slice(0, -1)},${more}}`);
}

/** A report in parts of such a size. */
function inParts(report: ReturnType<typeof complete>, count: number, bytesOfPart: number): readonly ReceivedMessage[] {
  return Array.from({ length: count }, (_, at) => {
    const findings = [someFinding({ fingerprint: `f${at}`, because: "y".repeat(bytesOfPart) })];
    return messageOf({ ...report, findings, part: { index: at + 1, of: count } });
  });
}

describe.each(engines)("hostile input on $name", ({ isSkipped, start }) => {
  let engine: Awaited<ReturnType<(typeof engines)[number]["start"]>>;
  let store: FleetStore;
  beforeAll(async () => {
    if (isSkipped) return;
    engine = await start();
    store = await engine.open();
  });
  afterAll(async () => {
    await store?.close();
    await engine?.stop();
  });

  const questionsOf = (of: FleetStore) =>
    fleetQuestions(of, { jobs: () => [], now: () => Date.parse(minute(60)), heartbeatHours: 24, unpack: of.unpack });
  const fresh = async (use: (store: FleetStore) => Promise<void>) => {
    const other = await engine.open();
    try {
      await use(other);
    } finally {
      await other.close();
    }
  };

  it.skipIf(isSkipped)("stores reports full of hostile texts, and answers questions about them", () =>
    fresh(async (store) => {
      for (const [at, nasty] of NASTY.entries()) {
        const device = { ...someDevice, product: nasty, driver: nasty, gpus: [nasty, nasty] };
        const finding = {
          expected: nasty,
          actual: nasty,
          because: nasty,
          path: nasty,
          remedy: [nasty],
          fingerprint: `f${nasty}`,
        };
        const report = drifted({
          ...{ thing: `box-${at}`, device },
          findings: [someFinding(finding)],
          agent: { version: nasty, node: nasty, transport: nasty, outbox: "disk", problems: [nasty.repeat(50)] },
          clock: { boot: nasty, ms: 1.5 },
        });
        const { counts } = await store.ingest([
          messageOf(report),
          messageOf({ ...report, sequence: 2, id: "e1.2", device: { ...device, product: `${nasty}2` } }),
        ]);
        expect({ nasty, counts }).toMatchObject({ nasty, counts: { reports: 2, refused: 0 } });
      }
      const questions = questionsOf(store);
      expect(await questions.summary()).toMatchObject({ things: NASTY.length });
      for (const [at] of NASTY.entries()) {
        const view = await questions.device(`box-${at}`);
        expect(view?.states).toHaveLength(1);
        expect((await questions.history(`box-${at}`, { limit: 50 })).items.length).toBeGreaterThan(2);
        expect((await questions.report(`box-${at}`, "e1", 1))?.text).toContain("packdrift.report/1");
      }
      expect((await questions.causes({}, { limit: 100 })).items.length).toBe(
        new Set(NASTY.map((one) => one.replace(/\0|\p{Cs}/gu, "\ufffd"))).size,
      );
    }),
  );

  it.skipIf(isSkipped)("refuses nasty names, topics and shapes, and counts them", () =>
    fresh(async (store) => {
      const bad: ReceivedMessage[] = [
        ...NASTY.slice(0, 3).flatMap((nasty) => [
          messageOf(complete({ epoch: nasty })),
          messageOf(complete({ job: { ...complete().job, project: nasty } })),
          { ...messageOf(complete()), topic: `dt/packdrift/v1/${nasty}/report` },
          textMessage("cmd/packdrift/v1/box-1/check/res", { schema: "packdrift.response/1", id: 5, status: nasty }),
        ]),
        raw(complete(), '"__proto__":{"polluted":true}'),
        messageOf({ ...complete(), sequence: 2 ** 53 - 1, id: `e1.${2 ** 53 - 1}` }),
        messageOf({ ...complete(), sequence: 2 ** 33, id: `e1.${2 ** 33}` }),
        textMessage(
          "dt/packdrift/v1/box-1/report",
          JSON.stringify(complete()).replace('"sequence":1', '"sequence":1e400'),
        ),
        textMessage("dt/packdrift/v1/box-1/report", `${"[".repeat(50_000)}${"]".repeat(50_000)}`),
        textMessage("dt/packdrift/v1/box-1/report", "x".repeat(200_000)),
        textMessage("dt/packdrift/v1/box-1/facts", { thing: "box-1", facts: { ["__pro" + "to__x"]: "\u0000" } }),
        textMessage("dt/packdrift/v1/box-1/status", { schema: "packdrift.status/1", thing: "box-1", online: "yes" }),
        { topic: "dt/packdrift/v1/box-1/report", payload: new Uint8Array([0xff, 0xfe, 0x00]), receivedAt: minute(1) },
      ];
      const { counts, acknowledge } = await store.ingest(bad);

      expect(counts).toMatchObject({ reports: 0, heartbeats: 0, refused: bad.length });
      expect(acknowledge).toEqual([]);
      const { refused } = await questionsOf(store).delivery();
      expect(refused.reduce((sum, { count }) => sum + count, 0)).toBe(bad.length);
      expect(parsed("{}")).not.toHaveProperty("polluted");
    }),
  );

  it.skipIf(isSkipped)(
    "goes on storing what others send beside a report of megabytes in parts that contradicts its chain",
    () =>
      fresh(async (store) => {
        await store.ingest([messageOf(complete())]);
        const large = { ...complete({ sequence: 2 }), previous: "not the seal" };
        for (const part of inParts(large, 20, 120_000)) await store.ingest([part]);

        const { counts } = await store.ingest([messageOf(complete({ thing: "box-2" }))]);

        expect(counts.reports).toBe(1);
        const parts = await store.all("SELECT body FROM part");
        expect(parts.reduce((sum, { body }) => sum + String(body).length, 0)).toBeLessThan(2_000_000);
      }),
  );

  it.skipIf(isSkipped)("bounds the parts of one report, however many it claims to have", () =>
    fresh(async (store) => {
      for (let of = 500; of < 560; of++) {
        const [part] = inParts(complete({ sequence: 7 }), 1, 120_000);
        const report = JSON.parse(new TextDecoder().decode(part?.payload));
        await store.ingest([messageOf({ ...report, part: { index: of - 499, of } })]);
      }

      const parts = await store.all("SELECT body FROM part");
      expect(parts.reduce((sum, { body }) => sum + String(body).length, 0)).toBeLessThan(2_000_000);
    }),
  );

  it.skipIf(isSkipped)("returns a report that was stored from parts, however it was written", () =>
    fresh(async (store) => {
      const numbers = `[${Array.from({ length: 20_000 }, () => "1e20").join(",")}]`;
      const messages = inParts(complete(), 4, 10).map(({ payload, ...rest }) => {
        const text = new TextDecoder().decode(payload).replace('"evidence":[]', `"evidence":${numbers}`);
        return { ...rest, payload: new TextEncoder().encode(text) };
      });
      const { counts } = await store.ingest(messages);

      expect(counts.reports).toBe(1);
      expect((await questionsOf(store).report("box-1", "e1", 1))?.text.length).toBeGreaterThan(1_000_000);
    }),
  );

  it.skipIf(isSkipped)("keeps its totals however many sequences devices name as lost or leave out", () =>
    fresh(async (store) => {
      const most = 2 ** 32;
      for (let at = 0; at < 40; at++) {
        const gaps = [{ fromSequence: 1, toSequence: most - 1, count: most - 1 }];
        await store.ingest([
          messageOf(heartbeat({ epoch: `a${at}`, sequence: 1 })),
          messageOf({ ...heartbeat({ epoch: `b${at}`, gaps }), sequence: most, id: `b${at}.${most}` }),
          messageOf({ ...heartbeat({ epoch: `c${at}` }), sequence: most, id: `c${at}.${most}` }),
        ]);
      }

      const { delivery } = await questionsOf(store).summary();
      expect(delivery.named).toBe(40 * (most - 1));
      expect(delivery.missing).toBeGreaterThan(39 * (most - 2));
    }),
  );

  it.skipIf(isSkipped)("answers every question about nasty names with nothing or a clear error", async () => {
    const questions = questionsOf(store);
    const calm = async (answer: Promise<unknown>, what: string) => {
      const error = await answer.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect({ what, error: error instanceof InvalidInputError ? null : error }).toEqual({ what, error: null });
    };
    const cursors = [
      ...NASTY,
      JSON.stringify(["2026", 2, "a", "b", "c", "d"]),
      '["2026", 2, "a", "b", "c", "d"]',
      JSON.stringify(["2026", 99, "a", "b", "c", "d"]),
      JSON.stringify(["2026", 0, "a", "b", "c", 5]),
      JSON.stringify(["2026", 2, "a", "b", "c", 1e300]),
      JSON.stringify(["2026", 2, "a", "b", "c", 1.5]),
      JSON.stringify(["2026", "a", "b", 1e300]),
      "[1e999]",
      "\ud800",
    ];
    for (const nasty of [...NASTY, "y".repeat(100_000)]) {
      const page = { limit: 10 };
      await calm(questions.device(nasty), `device ${nasty}`);
      await calm(questions.device("box-1", nasty), `device at ${nasty}`);
      await calm(questions.history(nasty, page), `history ${nasty}`);
      await calm(questions.report(nasty, nasty, 2 ** 53), `report ${nasty}`);
      await calm(questions.cause(nasty), `cause ${nasty}`);
      await calm(questions.job(nasty, nasty), `job ${nasty}`);
      await calm(questions.request(nasty), `request ${nasty}`);
      await calm(questions.answers(nasty, page), `answers ${nasty}`);
      await calm(questions.doctor(nasty), `doctor ${nasty}`);
      await calm(questions.doctor("box-1", nasty), `doctor at ${nasty}`);
      await calm(questions.judge(nasty), `judge ${nasty}`);
      await calm(questions.whatIf({ jetpack: nasty }, { q: nasty }), `what if ${nasty}`);
      await calm(questions.trend(nasty, nasty, Number.NaN), `trend ${nasty}`);
      for (const key of ["q", "job", "rule", "cause", "drift", "runnable", "state", "at"]) {
        const filter = { [key]: nasty } as object;
        await calm(questions.devices(filter, page), `devices ${key} ${nasty}`);
        await calm(questions.count(filter), `count ${key} ${nasty}`);
        await calm(questions.causes(filter, page), `causes ${key} ${nasty}`);
        await calm(questions.rejudge(filter), `rejudge ${key} ${nasty}`);
      }
    }
    for (const after of cursors) {
      const page = { after, limit: 1e300 };
      await calm(questions.devices({}, page), `devices after ${after}`);
      await calm(questions.history("box-1", page), `history after ${after}`);
      await calm(questions.causes({}, page), `causes after ${after}`);
      await calm(questions.jobs(page), `jobs after ${after}`);
      await calm(questions.gaps(page), `gaps after ${after}`);
      await calm(questions.requests(page), `requests after ${after}`);
      await calm(questions.answers("r", page), `answers after ${after}`);
    }
  });

  it.skipIf(isSkipped)("gives up, acknowledges and silences nothing by nasty names", async () => {
    const { summary } = someMeasured();
    const alarms = fleetAlarms({
      ...{ database: store, peers: alone(), settings: DEFAULT_ALARM_SETTINGS, heartbeatHours: 24, version: "1" },
      ...{ now: Date.now, random: Math.random, later: () => () => undefined, summary: async () => summary },
      causes: async () => [],
      receiver: () => ({ connected: true, since: minute(0), queued: 0, lagSeconds: 0, deferred: 0, stuck: false }),
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    for (const nasty of NASTY) {
      expect(await store.giveUp(nasty, nasty, nasty, minute(1))).toBeNull();
      await expect(alarms.acknowledgeAlarm(nasty, nasty)).rejects.toThrow(InvalidInputError);
      await expect(alarms.unsilence(nasty)).rejects.toThrow(InvalidInputError);
      await alarms
        .silenceAlarm(nasty, until, nasty, nasty)
        .catch((error) => expect(error).toBeInstanceOf(InvalidInputError));
    }
    expect((await alarms.silences()).length).toBeGreaterThan(3);
    await alarms.close();
  });

  it.skipIf(isSkipped)("gives up a gap for a person with a hostile name", () =>
    fresh(async (store) => {
      await store.ingest([messageOf(heartbeat({ sequence: 1 })), messageOf(heartbeat({ sequence: 3 }))]);

      expect(await store.giveUp("box-1", "e1", "a\u0000\ud800b", minute(5))).toMatchObject({ count: 1 });
      expect(await store.all("SELECT given_up_by FROM lost")).toEqual([{ given_up_by: "a\ufffd\ufffdb" }]);
    }),
  );

  it.skipIf(isSkipped)("raises alarms about hostile causes and groups, with notices that are valid JSON", () =>
    fresh(async (store) => {
      const findings = NASTY.map((nasty) => someFinding({ expected: nasty, actual: nasty, fingerprint: `f${nasty}` }));
      const thing = `${"🚀".repeat(40)}-1`;
      await store.ingest([messageOf(drifted({ thing, findings }), minute(1))]);
      const webhook = { name: "ops", url: "http://127.0.0.1:9/", bearerFile: null, hmacFile: null };
      const round = alarmRounds({
        settings: {
          ...DEFAULT_ALARM_SETTINGS,
          damping: { ...DEFAULT_ALARM_SETTINGS.damping, raise: 1, of: 1 },
          silent: { ...DEFAULT_ALARM_SETTINGS.silent, group: /^.(.*)-/ },
          webhooks: [{ ...webhook, severities: ["BLOCKING", "WARNING"], timeoutSeconds: 1, giveUpHours: 1 }],
        },
        ...{ database: store, heartbeatHours: 1 },
        receiver: () => ({ connected: true, since: minute(0), queued: 0, lagSeconds: 0, deferred: 0, stuck: false }),
      });
      await round(Date.parse(minute(600)));

      const notices = await store.all("SELECT body FROM notice");
      expect(notices.length).toBe(new Set(NASTY.map((one) => one.replace(/\0|\p{Cs}/gu, "\ufffd"))).size + 1);
      for (const { body } of notices)
        expect(JSON.stringify(JSON.parse(String(body)))).not.toMatch(/\\ud[89a-f]|\\u0000/i);
    }),
  );
});
