import { afterEach, describe, expect, it } from "vitest";
import { parseAlarmSettings } from "../../../src/fleet/alarms/alarm-settings.js";
import { type AlarmParts, fleetAlarms } from "../../../src/fleet/alarms/fleet-alarms.js";
import type { Database } from "../../../src/fleet/store/database.js";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { alone } from "../../../src/fleet/store/peers.js";
import { answers, startHookServer } from "./hook-server.js";
import { someMeasured } from "./some-measured.js";

const NOON_MS = Date.parse("2026-11-29T12:00:00.000Z");
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const tenFindings = (at: string) => ({
  sql: `INSERT INTO finding (thing, project, job, fingerprint, since, rule, path, expected, actual, outcome, severity, because, remedy, cause)
    SELECT 'cam-' || value, 'p', 'j', 'f', CAST($1 AS text), 'target.os', 'p', 'LINUX', 'OTHER', 'DRIFT', 'BLOCKING', 'b', '[]', 'c1' FROM json_each('[0,1,2,3,4,5,6,7,8,9]')`,
  parameters: [at],
});

/** Alarms over a store with a cause on ten devices, a webhook, and a clock that stands at noon until it is set. */
async function someFleet(given?: Database) {
  const database = given ?? (await openSqlite(":memory:"));
  const server = await startHookServer(answers(204));
  closing.push(() => server.close());
  const logged: string[] = [];
  const note = (event: string, fields: object = {}) => logged.push(`${event} ${JSON.stringify(fields)}`);
  const timers = new Set<() => void>();
  const clock = { nowMs: NOON_MS };
  const measured = someMeasured();
  const parts: AlarmParts = {
    database,
    peers: alone(),
    settings: parseAlarmSettings(JSON.stringify({ webhooks: [{ name: "ops", url: server.url }] })),
    heartbeatHours: 24,
    summary: async () => measured.summary,
    causes: async () => measured.causes,
    receiver: () => measured.receiver,
    now: () => clock.nowMs,
    later: (_, action) => {
      timers.add(action);
      return () => timers.delete(action);
    },
    random: () => 0.5,
    log: { debug: note, info: note, warn: note, error: note },
    version: "1.2.3",
  };
  const alarms = fleetAlarms(parts);
  closing.push(() => alarms.close());
  return {
    ...{ alarms, database, server, clock, logged, timers },
    /** Lets every loop go round once. */
    async turn(): Promise<void> {
      while (timers.size < 2) await new Promise((resolve) => setImmediate(resolve));
      const due = [...timers];
      timers.clear();
      for (const action of due) action();
      while (timers.size < 2) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("fleetAlarms", () => {
  it("raises no alarm for what follows from another finding of the device", async () => {
    const { alarms, database, turn, clock } = await someFleet();
    await database.write([
      tenFindings("2026-11-29T11:00:00.000Z"),
      { sql: "UPDATE finding SET follows = 'target.os' WHERE thing <> 'cam-0'" },
    ]);
    for (let minute = 0; minute < 6; minute++) {
      clock.nowMs += 60_000;
      await turn();
    }

    expect(await alarms.alarms({})).toMatchObject([{ cause: "c1", things: 1 }]);
  });

  it("raises an alarm, notifies the webhook, and handles its acknowledgement and its end", async () => {
    const { alarms, database, server, turn, clock } = await someFleet();
    await database.write([tenFindings("2026-11-29T11:00:00.000Z")]);
    await turn();
    await turn();
    await server.received(1);
    const event = JSON.parse(server.requests[0]?.body ?? "");
    expect(event).toMatchObject({ type: "io.packdrift.fleet.alarm.raised", data: { things: 10, rule: "target.os" } });

    await alarms.acknowledgeAlarm(event.subject, "ada");
    expect(await alarms.alarms({ status: "ACKNOWLEDGED" })).toMatchObject([
      { id: event.subject, acknowledgedBy: "ada" },
    ]);
    await expect(alarms.acknowledgeAlarm(event.subject, "bob")).rejects.toThrow("it is not active");
    await expect(alarms.acknowledgeAlarm("none", "bob")).rejects.toThrow("it is not active");

    await database.write([{ sql: "UPDATE finding SET until = since" }]);
    for (let minute = 0; minute < 6; minute++) {
      clock.nowMs += 60_000;
      await turn();
    }
    await server.received(2);
    expect(JSON.parse(server.requests[1]?.body ?? "")).toMatchObject({
      ...{ type: "io.packdrift.fleet.alarm.cleared", subject: event.subject },
      data: { status: "CLEARED", acknowledgedBy: "ada", most: 10 },
    });
    expect(await alarms.alarms()).toMatchObject([{ status: "CLEARED", acknowledgedBy: "ada" }]);
  });

  it("sends nothing about a silenced alarm until the silence is ended", async () => {
    const { alarms, database, server, turn, clock } = await someFleet();
    const { id } = await alarms.silence(
      { matcher: { rule: "target.os" }, reason: "upgrade", endsAt: "2026-11-30T00:00:00Z" },
      "ada",
    );
    await database.write([tenFindings("2026-11-29T11:00:00.000Z")]);
    for (let minute = 0; minute < 5; minute++) {
      clock.nowMs += 60_000;
      await turn();
    }
    expect(server.requests).toEqual([]);
    const [alarm] = await alarms.alarms();
    expect(alarm).toMatchObject({ status: "ACTIVE", silencedUntil: "2026-11-30T00:00:00.000Z" });

    await alarms.silenceAlarm(alarm?.id ?? "", "2026-11-29T20:00:00Z", "mine", "bob");
    expect(await alarms.silences()).toMatchObject([
      { matcher: { alarm: alarm?.id }, madeBy: "bob" },
      { matcher: { rule: "target.os" }, madeBy: "ada", reason: "upgrade" },
    ]);
    for (const { id } of await alarms.silences()) await alarms.unsilence(id);
    await expect(alarms.unsilence(id)).rejects.toThrow("it has ended or never existed");
    await turn();
    await turn();
    await server.received(1);

    expect(await alarms.silences()).toEqual([]);
    expect(JSON.parse(server.requests[0]?.body ?? "")).toMatchObject({ type: "io.packdrift.fleet.alarm.raised" });
  });

  it("continues when the store fails for a while, and says so once", async () => {
    const inner = await openSqlite(":memory:");
    let isBroken = false;
    const broken = new Error("connection lost");
    const all: Database["all"] = (sql, parameters) => (isBroken ? Promise.reject(broken) : inner.all(sql, parameters));
    const database: Database = {
      all,
      scans: { all },
      write: (statements) => (isBroken ? Promise.reject(broken) : inner.write(statements)),
      close: () => inner.close(),
    };
    const { alarms, turn, logged } = await someFleet(database);
    await turn();
    isBroken = true;
    for (let times = 0; times < 3; times++) await turn();
    isBroken = false;
    await database.write([tenFindings("2026-11-29T11:00:00.000Z")]);
    await turn();

    expect(logged.sort()).toEqual([
      'alarms.evaluation-failed {"why":"connection lost"}',
      'alarms.evaluation-recovered {"failures":3}',
      'alarms.sending-failed {"why":"connection lost"}',
      'alarms.sending-recovered {"failures":3}',
    ]);
    expect(await alarms.alarms()).toHaveLength(1);
  });

  it("returns the metrics of the fleet and its own", async () => {
    const { alarms, database, turn } = await someFleet();
    await database.write([tenFindings("2026-11-29T11:00:00.000Z")]);
    await turn();
    await turn();

    const text = await alarms.metrics();

    expect(text).toContain('\npackdrift_fleet_alarms{kind="CAUSE",severity="BLOCKING",status="ACTIVE"} 1\n');
    expect(text).toContain('\npackdrift_fleet_alarms{kind="SILENCE",severity="ERROR",status="ACTIVE"} 0\n');
    expect(text).toContain("\npackdrift_fleet_devices 100\n");
    expect(text).toContain('\npackdrift_fleet_notices_total{webhook="ops",result="delivered"} 1\n');
  });

  it("leaves no timer when it is closed", async () => {
    const { alarms, timers, turn } = await someFleet();
    await turn();

    await alarms.close();

    expect(timers.size).toBe(0);
  });
});
