import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { alarmRounds } from "../../../src/fleet/alarms/alarm-round.js";
import { type AlarmSettings, parseAlarmSettings } from "../../../src/fleet/alarms/alarm-settings.js";
import { listAlarms } from "../../../src/fleet/alarms/alarm-view.js";
import type { ReceiverStatus } from "../../../src/fleet/alarms/fleet-metrics.js";
import type { Database, Row, SqlStatement } from "../../../src/fleet/store/database.js";
import { insertion } from "../store/insertion.js";

const NOON_MS = Date.parse("2026-11-29T12:00:00.000Z");
const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

type RawSettings = Partial<Record<keyof AlarmSettings, unknown>>;

/** A process that evaluates a store's alarms each minute. */
function fleetOn(database: Database, settings: RawSettings) {
  let receiver: ReceiverStatus = {
    connected: true,
    since: iso(NOON_MS - 1_000 * HOUR_MS),
    queued: 0,
    lagSeconds: 0,
    deferred: 0,
    stuck: false,
  };
  const parsed = parseAlarmSettings(JSON.stringify(settings));
  const start = () => alarmRounds({ database, settings: parsed, heartbeatHours: 24, receiver: () => receiver });
  let round = start();
  let nowMs = NOON_MS;
  return {
    database,
    now: () => nowMs,
    setReceiver: (more: Partial<ReceiverStatus>) => {
      receiver = { ...receiver, ...more };
    },
    restart: () => {
      round = start();
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    async minutes(count: number) {
      for (let at = 0; at < count; at++) {
        await round(nowMs);
        nowMs += 60_000;
      }
    },
    async open() {
      const alarms = await listAlarms(database, {}, nowMs);
      return alarms.filter(({ status }) => status !== "CLEARED").map(({ severity, title }) => `${severity} ${title}`);
    },
  };
}

async function insert(database: Database, table: string, row: Row): Promise<void> {
  await database.write([insertion(table, row)]);
}

function someFinding(thing: string, more: Row = {}): SqlStatement {
  return insertion("finding", {
    ...{ thing, project: "bolts", job: "j1", fingerprint: `f-${String(more.cause ?? "c1")}`, since: iso(NOON_MS) },
    ...{ rule: "compiler.trt-ver", path: "p", expected: "8.2.1", actual: "8.5.2", outcome: "DRIFT" },
    ...{ severity: "BLOCKING", because: "b", remedy: "[]", cause: "c1" },
    ...more,
  });
}

async function openFinding(database: Database, thing: string, more: Row = {}): Promise<void> {
  await database.write([someFinding(thing, more)]);
}

function heard(database: Database, thing: string, hoursAgo: number | null): Promise<void> {
  const at = hoursAgo === null ? null : iso(NOON_MS - hoursAgo * HOUR_MS);
  return insert(database, "thing", { thing, expected: 1, first_heard: at, last_heard: at });
}

/** Opens empty stores of one engine. */
export interface AlarmStores {
  open(): Promise<Database>;
  stop(): Promise<void>;
}

/** What alarms do on a store, whatever its engine. */
export function alarmConformance(engine: string, start: () => Promise<AlarmStores>): void {
  describe(`alarms on ${engine}`, () => {
    let stores: AlarmStores;
    const opened: Database[] = [];
    beforeAll(async () => {
      stores = await start();
    });
    // Each store has connections of its own, and a server has few.
    afterEach(async () => {
      for (const database of opened.splice(0)) await database.close();
    });
    afterAll(() => stores.stop());
    async function fleet(settings: RawSettings = {}) {
      const database = await stores.open();
      opened.push(database);
      return fleetOn(database, settings);
    }

    describe("causes", () => {
      it("become one alarm each, with the number of devices", async () => {
        const { database, minutes, open } = await fleet();
        for (const thing of ["a", "b", "c"]) await openFinding(database, thing);
        await openFinding(database, "a", { job: "j2" });
        await openFinding(database, "a", { cause: "c2", rule: "target.os", outcome: "UNKNOWN", severity: "ERROR" });

        await minutes(3);

        expect(await open()).toEqual([
          "BLOCKING compiler.trt-ver: expected 8.2.1, actual 8.5.2 on 3 devices",
          "ERROR target.os: cannot tell, expected 8.2.1 on 1 device",
        ]);
      });

      it("of other severities or outcomes, or on too few devices, become no alarm", async () => {
        const causes = { severities: ["BLOCKING"], outcomes: ["DRIFT"], leastThings: 2 };
        const { database, minutes, open } = await fleet({ causes });
        await openFinding(database, "a", { cause: "c1", severity: "WARNING" });
        await openFinding(database, "b", { cause: "c1", severity: "WARNING" });
        await openFinding(database, "a", { cause: "c2", outcome: "UNKNOWN" });
        await openFinding(database, "b", { cause: "c2", outcome: "UNKNOWN" });
        await openFinding(database, "a", { cause: "c3" });

        await minutes(5);

        expect(await open()).toEqual([]);
      });

      it("are stored in the same transaction as all of their notices, however many there are", async () => {
        const database = await stores.open();
        opened.push(database);
        const webhooks = ["a", "b"].map((name) => ({ name, url: "http://127.0.0.1:9/" }));
        const transactions: (readonly SqlStatement[])[] = [];
        const recorded: Database = {
          ...database,
          all: (sql, parameters) => database.all(sql, parameters),
          write: (statements) => {
            transactions.push(statements);
            return database.write(statements);
          },
        };
        const { minutes } = fleetOn(recorded, { webhooks, damping: { atOnceThings: 1 } });
        await database.write(Array.from({ length: 600 }, (_, at) => someFinding("a", { cause: `c${at}` })));

        await minutes(1);

        const isNotice = ({ sql }: SqlStatement) => sql.startsWith("INSERT INTO notice");
        expect(transactions.flat().filter(isNotice)).toHaveLength(1_200);
        const ends = transactions.flatMap((statements) => {
          const kinds = statements.map((one) => (isNotice(one) ? "notice" : "alarm"));
          return kinds.length === 0 ? [] : [[kinds[0], kinds[kinds.length - 1]]];
        });
        expect(ends.filter(([first, last]) => first === "notice" || last === "alarm")).toHaveLength(1);
      });

      it("clear their alarm once no device has them", async () => {
        const { database, minutes, open, restart } = await fleet();
        for (const thing of ["a", "b"]) await openFinding(database, thing);
        await minutes(3);
        await database.write([{ sql: "UPDATE finding SET until = $1", parameters: [iso(NOON_MS)] }]);

        await minutes(4);
        expect(await open()).toHaveLength(1);
        restart();
        await minutes(1);

        expect(await open()).toEqual([]);
        expect(await listAlarms(database, {}, NOON_MS)).toMatchObject([
          {
            ...{ status: "CLEARED", things: 0, most: 2, times: 1 },
            title: "compiler.trt-ver: expected 8.2.1, actual 8.5.2 on 2 devices",
          },
        ]);
      });

      it("neither fill the store nor clear open alarms, in any number", async () => {
        const { database, minutes, open } = await fleet();
        await openFinding(database, "real");
        await minutes(3);
        const flood = Array.from({ length: 1_500 }, (_, at) => ({ cause: `flood-${at}`, actual: `${at}` }));
        await database.write(flood.flatMap((more) => ["x", "y"].map((thing) => someFinding(thing, more))));

        await minutes(10);

        const alarms = await open();
        expect(alarms).toContain("BLOCKING compiler.trt-ver: expected 8.2.1, actual 8.5.2 on 1 device");
        expect(alarms).toHaveLength(1_000);
        expect(await database.all("SELECT id FROM alarm")).toHaveLength(1_000);
      });
    });

    describe("in any number", () => {
      it("do not shut out alarms about silence or delivery", async () => {
        const { database, minutes, open, setReceiver, now } = await fleet();
        for (let at = 0; at < 8; at++) await heard(database, `cam-${at}`, at < 3 ? 100 : 1);
        await database.write(
          Array.from({ length: 1_200 }, (_, at) => someFinding("x", { cause: `flood-${at}`, actual: `${at}` })),
        );

        await minutes(3);
        expect(await open()).toContain("WARNING 3 devices silent");
        // From now on there is no room for a single one more.
        expect(await open()).toHaveLength(1_001);
        const since = iso(now());
        setReceiver({ connected: false, since });
        await minutes(9);

        expect(await open()).toContain(`ERROR The receiver has no connection to the broker since ${since}`);
        expect(await open()).toHaveLength(1_002);
      });
    });

    describe("silent devices", () => {
      it("make one alarm together, however many there are", async () => {
        const { database, minutes, open } = await fleet();
        for (let at = 0; at < 40; at++) await heard(database, `cam-${at}`, at < 12 ? 100 : 1);

        await minutes(3);

        expect(await open()).toEqual(["WARNING 12 devices silent"]);
      });

      it("make one alarm for each group, more severe when half of the group is silent", async () => {
        const { database, minutes, open } = await fleet({ silent: { group: "^([a-z]+)-" } });
        for (let at = 0; at < 20; at++) await heard(database, `berlin-${at}`, 100);
        for (let at = 0; at < 20; at++) await heard(database, `bonn-${at}`, at === 0 ? 100 : 1);
        await heard(database, "9", 100);

        await minutes(3);

        expect(await open()).toEqual([
          "ERROR berlin: 20 of 20 devices silent",
          "WARNING 1 device silent",
          "WARNING bonn: 1 of 20 devices silent",
        ]);
      });

      it("are judged by the hours that are set", async () => {
        const { database, minutes, open } = await fleet({ silent: { afterHours: 2 } });
        for (const hours of [1, 3]) await heard(database, `cam-${hours}`, hours);

        await minutes(3);

        expect(await open()).toEqual(["WARNING 1 device silent"]);
      });

      it("make no alarm while the receiver itself was away, and for an hour after", async () => {
        const { database, minutes, open, setReceiver, now } = await fleet();
        for (let at = 0; at < 500; at++) await heard(database, `cam-${at}`, 100);
        setReceiver({ connected: false, since: iso(NOON_MS - 60_000) });
        await minutes(3);
        expect(await open()).toEqual([]);

        setReceiver({ connected: true, since: iso(now()) });
        await minutes(60);
        expect(await open()).toEqual([]);
        await minutes(5);

        expect(await open()).toEqual(["ERROR 500 devices silent"]);
      });

      it("that are expected and were never heard make an alarm of their own", async () => {
        const { database, minutes, open } = await fleet();
        for (const thing of ["new-1", "new-2"]) await heard(database, thing, null);

        await minutes(3);

        expect(await open()).toEqual(["WARNING 2 devices expected but never heard"]);
      });
    });

    describe("delivery", () => {
      it("alarms when the receiver has had no connection for minutes", async () => {
        const { minutes, open, setReceiver, database, now } = await fleet();
        setReceiver({ connected: false, since: iso(NOON_MS) });
        await minutes(5);
        expect(await open()).toEqual([]);

        await minutes(1);
        expect(await open()).toEqual([
          "ERROR The receiver has no connection to the broker since 2026-11-29T12:00:00.000Z",
        ]);
        setReceiver({ connected: true, since: iso(now()) });
        await minutes(5);

        expect(await listAlarms(database, { kind: "DELIVERY", status: "CLEARED" }, now())).toHaveLength(1);
      });

      it("does not apply to a receiver without a broker", async () => {
        const { minutes, open, setReceiver } = await fleet();
        setReceiver({ connected: null, since: iso(NOON_MS) });

        await minutes(10);

        expect(await open()).toEqual([]);
      });

      it("raises an alarm when messages are refused, until none was refused for an hour, and again for the next one", async () => {
        const { database, minutes, open, restart } = await fleet();
        const refused = {
          reason: "signature",
          count: 2,
          last_at: iso(NOON_MS),
          topic: "dt/packdrift/v1/\u001b[31mx/report",
          why: "w",
        };
        await insert(database, "refused", { ...refused, sample: new Uint8Array([0]) });
        await minutes(3);
        expect(await open()).toEqual([
          "WARNING 2 messages refused, the last: signature on dt/packdrift/v1/?[31mx/report",
        ]);

        restart();
        await minutes(62);
        expect(await open()).toEqual([]);
        await minutes(30);
        expect(await open()).toEqual([]);
        await database.write([{ sql: "UPDATE refused SET count = 3" }]);
        await minutes(3);

        expect(await open()).toEqual([
          "WARNING 3 messages refused, the last: signature on dt/packdrift/v1/?[31mx/report",
        ]);
      });

      it("alarms when a report came again with different content", async () => {
        const { database, minutes, open } = await fleet();
        await insert(database, "total", { name: "conflicts", shard: 0, value: 1 });

        await minutes(3);

        expect(await open()).toEqual(["WARNING 1 report came again with different content"]);
      });

      it("alarms when reports are missing for longer than a device takes to send them again", async () => {
        const { database, minutes, open } = await fleet();
        const epoch = {
          born: 1,
          since: iso(NOON_MS),
          heard: iso(NOON_MS),
          first: 1,
          contiguous: 4,
          acked: 4,
          named: "[]",
          births: "[]",
        };
        await insert(database, "epoch", { thing: "a", epoch: "e", ...epoch, stored: "[[6,9]]", missing: 1 });
        await insert(database, "epoch", { thing: "b", epoch: "e", ...epoch, stored: "[]", missing: 0 });
        // Its first reports may still come.
        const unsettled = { ...epoch, settles_at: iso(NOON_MS + 86_400_000) };
        await insert(database, "epoch", { thing: "c", epoch: "e", ...unsettled, stored: "[[6,9]]", missing: 1 });
        const report = {
          epoch: "e",
          kind: "COMPLETE",
          trigger_kind: "START",
          drift: "IN_SYNC",
          runnable: "RUNNABLE",
          seal: "s",
        };
        for (const thing of ["a", "c"])
          for (const sequence of [4, 6, 9]) {
            const times = { checked_at: iso(NOON_MS), received_at: iso(NOON_MS + sequence) };
            const stored = { ...report, ...times, dictionary: 0, body: new Uint8Array() };
            await insert(database, "report", { thing, sequence, ...stored });
          }

        await minutes(61);
        expect(await open()).toEqual([]);
        await minutes(4);

        expect(await open()).toEqual(["WARNING Reports of 1 device are missing before later ones"]);
      });
    });

    describe("notices", () => {
      it("are deleted when they are older than any webhook waits, as those of one that was removed are", async () => {
        const { database, minutes } = await fleet();
        for (const days of [29, 31]) {
          const row = { id: `n${days} gone`, url_key: "gone", body: "{}", made_at: iso(NOON_MS - days * 24 * HOUR_MS) };
          await insert(database, "notice", { ...row, next_at: iso(NOON_MS), tries: 0, error: null });
        }

        await minutes(1);

        expect(await database.all("SELECT id FROM notice")).toEqual([{ id: "n29 gone" }]);
      });
    });

    describe("two processes on one store", () => {
      it("raise one alarm and one notice, and keep a person's acknowledgement", async () => {
        const webhooks = [{ name: "ops", url: "http://127.0.0.1:9/" }];
        const { database, minutes } = await fleet({ webhooks });
        const other = alarmRounds({
          ...{ database, settings: parseAlarmSettings(JSON.stringify({ webhooks })), heartbeatHours: 24 },
          receiver: () => ({ connected: true, since: iso(0), queued: 0, lagSeconds: 0, deferred: 0, stuck: false }),
        });
        await openFinding(database, "a");

        for (let at = 0; at < 6; at++) await Promise.all([minutes(1), other(NOON_MS + at * 60_000)]);
        await database.write([{ sql: "UPDATE alarm SET status = 'ACKNOWLEDGED', acknowledged_by = 'ada'" }]);
        await openFinding(database, "b");
        await Promise.all([minutes(1), other(NOON_MS + 6 * 60_000)]);

        expect(await listAlarms(database, {}, NOON_MS)).toMatchObject([
          { status: "ACKNOWLEDGED", acknowledgedBy: "ada", things: 2, times: 1 },
        ]);
        const notices = await database.all("SELECT id, body FROM notice");
        expect(notices).toHaveLength(1);
        expect(JSON.parse(String(notices[0]?.body))).toMatchObject({ specversion: "1.0", data: { things: 1 } });
      });
    });
  });
}
