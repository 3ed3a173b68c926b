import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import { deviceDuty } from "../../../src/fleet/feed/device-duty.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { fakeClock, fakeLog, settled } from "../../agent/fake-clock.js";
import { memoryDatabase } from "./memory-database.js";

const MINUTE_MS = 60_000;
const EPOCH = { since: "2026-11-23T17:59:00.000Z", heard: "2026-11-23T17:59:00.000Z", births: "[]", stored: "[]" };

function scene({ clock = fakeClock(), database = memoryDatabase() } = {}) {
  const log = fakeLog();
  const settledAt: string[] = [];
  const resumed: (string | undefined)[] = [];
  let isMine = true;
  let trouble: Error | null = null;
  let factsResumed = 0;
  const duty = deviceDuty(
    {
      ...{ database, prefixes: TOPIC_PREFIXES, log, later: clock.later, now: clock.nowMs, steadyMs: clock.steadyMs },
      ...{ wake: () => {}, onChanged: () => {} },
      intake: {
        async settle(at) {
          if (trouble !== null) throw trouble;
          settledAt.push(at);
          return [];
        },
      },
      acknowledgements: { add: () => {}, resume: async (heardBefore) => void resumed.push(heardBefore) },
      facts: {
        async resume() {
          factsResumed += 1;
        },
      },
    },
    () => isMine,
  );
  return {
    ...{ clock, database, duty, log, settledAt, resumed },
    factsResumed: () => factsResumed,
    lose: () => {
      isMine = false;
    },
    fail: (error: Error | null) => {
      trouble = error;
    },
  };
}

describe("deviceDuty", () => {
  it("takes over at once what is not acknowledged, and later what has waited longer than receivers need", async () => {
    const { clock, resumed } = scene();
    await settled();
    expect(resumed).toEqual([undefined]);
    await clock.pass(30_000);

    expect(resumed).toEqual([undefined, "2026-11-23T17:59:30.000Z"]);
  });

  it("settles by a monotonic clock, from when it took over the duty", async () => {
    const { clock, settledAt } = scene();
    await settled();
    clock.setBack(-3_600_000);
    await clock.pass(30_000);

    expect(settledAt).toEqual(["2026-11-23T18:00:00.000Z", "2026-11-23T18:00:30.000Z"]);
  });

  it("makes epochs that another process has timed wait again, since that was by another clock", async () => {
    const database = memoryDatabase();
    database.insert("epoch", { ...EPOCH, thing: "a", epoch: "e", settles_at: "2026-11-23T17:59:59.000Z" });
    database.insert("epoch", { ...EPOCH, thing: "b", epoch: "e", settles_at: null });
    const { clock } = scene({ database });
    await clock.pass(MINUTE_MS);

    expect(database.run("SELECT thing, settles_at FROM epoch ORDER BY thing")).toEqual([
      { thing: "a", settles_at: "" },
      { thing: "b", settles_at: null },
    ]);
  });

  it("makes the epochs of a large fleet wait again 10,000 at a time, so that reports are stored in between", async () => {
    const memory = memoryDatabase();
    memory.run(`INSERT INTO epoch (thing, epoch, born, births, since, heard, first, settles_at, contiguous, acked, stored, missing, named)
      WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n <= 10000)
      SELECT 'box-' || n, 'e', 1, '[]', '', '', 2, '2026-11-23T17:59:59.000Z', 1, 0, '[]', 0, '[]' FROM n`);
    const changes = () => Number(memory.run("SELECT total_changes() AS count")[0]?.count);
    const written: number[] = [];
    const database: typeof memory = {
      ...memory,
      async write(statements) {
        const before = changes();
        const rows = await memory.write(statements);
        written.push(changes() - before);
        return rows;
      },
    };
    const { clock, settledAt } = scene({ database });
    await clock.pass(MINUTE_MS);

    expect(written.slice(0, 3)).toEqual([10_000, 1, 0]);
    expect(settledAt.length).toBeGreaterThan(0);
    expect(database.run("SELECT DISTINCT settles_at FROM epoch")).toEqual([{ settles_at: "" }]);
  });

  it("sets times in the future to now, once the clock has not jumped for ten minutes", async () => {
    const { clock, database } = scene();
    const [ahead, before, right] = ["2027-11-23T18:00:00.000Z", "2026-11-23T16:00:00.000Z", "2026-11-23T17:02:00.000Z"];
    for (let at = 0; at < 600; at++)
      database.insert("thing", { thing: `box-${at}`, first_heard: before, last_heard: ahead, facts_asked_at: ahead });
    database.insert("thing", { thing: "right", first_heard: before, last_heard: right });
    database.insert("epoch", { ...EPOCH, thing: "box-1", epoch: "e", heard: ahead, settles_at: null });
    const heard = () =>
      database.run("SELECT DISTINCT first_heard, last_heard, facts_asked_at FROM thing ORDER BY last_heard");
    await clock.pass(5 * MINUTE_MS);
    clock.setBack(3_600_000);
    await clock.pass(9.5 * MINUTE_MS);
    expect(heard().map(({ last_heard }) => last_heard)).toEqual([right, ahead]);

    await clock.pass(MINUTE_MS);

    const now = expect.stringMatching(/^2026-11-23T17:15:/);
    expect(heard()).toEqual([
      { first_heard: before, last_heard: right, facts_asked_at: null },
      { first_heard: before, last_heard: now, facts_asked_at: now },
    ]);
    expect(database.run("SELECT heard FROM epoch")).toEqual([{ heard: now }]);
  });

  it("stops as soon as another process may take over", async () => {
    const { clock, database, duty, resumed, settledAt, factsResumed, lose } = scene();
    database.insert("request", { id: "r-1", command: "check" });
    database.insert("request_thing", { id: "r-1", thing: "line-1", status: "WAITING" });
    await clock.pass(5_000);
    lose();
    expect(duty.next()).toBeNull();
    await clock.pass(120 * MINUTE_MS);

    expect([resumed.length, settledAt.length, factsResumed()]).toEqual([1, 1, 1]);
    await duty.stop();
    expect(clock.waits).toEqual([]);
  });

  it("tries again what the store could not do, and says so once", async () => {
    const { clock, fail, log, settledAt } = scene();
    fail(new ExpectedError("the server is starting up"));
    await clock.pass(2 * MINUTE_MS);
    expect(settledAt).toEqual([]);
    fail(null);
    await clock.pass(MINUTE_MS);

    expect(settledAt).toEqual(["2026-11-23T18:02:30.000Z", "2026-11-23T18:03:00.000Z"]);
    expect(log.lines.filter(([event]) => event.startsWith("store."))).toEqual([
      ["store.not-read", { what: "acknowledgements", message: "the server is starting up" }],
      ["store.recovered", {}],
    ]);
  });
});
