import { describe, expect, it } from "vitest";
import { ExpectedError, InvalidInputError } from "../../../src/base/errors.js";
import { type RequestParts, sendRequests } from "../../../src/fleet/feed/send-requests.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { fakeClock, fakeLog, settled } from "../../agent/fake-clock.js";
import { memoryDatabase } from "./memory-database.js";

function scene(
  things: readonly string[] = ["line-1", "line-2"],
  { clock = fakeClock(), database = memoryDatabase() } = {},
) {
  const log = fakeLog();
  let ids = 0;
  let changes = 0;
  const parts: RequestParts = {
    database,
    prefixes: TOPIC_PREFIXES,
    perSecond: 50,
    thingsOf: async () => things,
    log,
    later: clock.later,
    now: clock.nowMs,
    newId: () => `r-${++ids}`,
    wake: () => {},
    onChanged: () => {
      changes += 1;
    },
  };
  const it = sendRequests(parts);
  const rows = () =>
    database
      .run("SELECT id, thing, status, sent_at FROM request_thing ORDER BY id, thing")
      .map(({ id, thing, status, sent_at }) => [id, thing, status, sent_at === null ? "unsent" : "sent"].join(" "));
  /** Takes and sends everything that is due. */
  const sendAll = async () => {
    const sent: string[] = [];
    for (;;) {
      await settled();
      const message = it.next();
      if (message === null) return sent;
      sent.push(`${message.topic} ${message.payload}`);
      message.onSent();
    }
  };
  return { clock, database, log, it, rows, sendAll, changes: () => changes };
}

describe("sendRequests", () => {
  it("stores a request with its things before it resolves, and sends it to each", async () => {
    const { clock, database, it: requests, rows, sendAll } = scene(["line-2", "line-1", "all", "line-1"]);
    const made = await requests.ask({ command: "check", filter: { drift: "DRIFTED" }, by: "ann" });
    expect(made).toEqual({ id: "r-1", things: 2 });
    expect(database.run("SELECT * FROM request")).toEqual([
      {
        id: "r-1",
        command: "check",
        filter: '{"drift":"DRIFTED"}',
        asked_by: "ann",
        asked_at: "2026-11-23T18:00:00.000Z",
        things: 2,
        ends_at: "2026-11-23T18:05:00.040Z",
      },
    ]);
    expect(rows()).toEqual(["r-1 line-1 WAITING unsent", "r-1 line-2 WAITING unsent"]);

    expect(await sendAll()).toEqual([
      'cmd/packdrift/v1/line-1/check/req {"id":"r-1"}',
      'cmd/packdrift/v1/line-2/check/req {"id":"r-1"}',
    ]);
    await clock.pass(250);

    expect(rows()).toEqual(["r-1 line-1 WAITING sent", "r-1 line-2 WAITING sent"]);
    expect(await sendAll()).toEqual([]);
  });

  it("sends many things page by page, each once", async () => {
    const things = Array.from({ length: 1_234 }, (_, at) => `line-${at}`);
    const { clock, it: requests, rows, sendAll } = scene(things);
    await requests.ask({ command: "flush", filter: {}, by: "ann" });
    const sent = await sendAll();
    await clock.pass(250);

    expect([sent.length, new Set(sent).size]).toEqual([1_234, 1_234]);
    expect(rows().every((row) => row.endsWith(" sent"))).toBe(true);
  });

  it("goes on after a restart with what was not sent", async () => {
    const first = scene();
    await first.it.ask({ command: "check", filter: {}, by: "ann" });
    await settled();
    first.it.next()?.onSent();
    await first.it.stop();

    const second = scene([], first);
    second.it.resume();
    expect(await second.sendAll()).toEqual(['cmd/packdrift/v1/line-2/check/req {"id":"r-1"}']);
  });

  it("sends again what the broker did not take", async () => {
    const { it: requests, sendAll } = scene(["line-1"]);
    await requests.ask({ command: "check", filter: {}, by: "ann" });
    await settled();
    requests.next()?.onFailed();

    expect(await sendAll()).toHaveLength(1);
  });

  it("counts a device as silent 5 minutes after it was asked, and one that could not be asked after a day", async () => {
    const { clock, database, it: requests, rows } = scene(["line-1", "line-2", "line-3"]);
    requests.resume();
    await requests.ask({ command: "check", filter: {}, by: "ann" });
    await settled();
    requests.next()?.onSent();
    requests.next()?.onSent();
    await clock.pass(250);
    database.run("UPDATE request_thing SET status = 'DONE' WHERE thing = 'line-2'");
    await clock.pass(310_000);
    expect(rows()).toEqual(["r-1 line-1 SILENT sent", "r-1 line-2 DONE sent", "r-1 line-3 WAITING unsent"]);

    await clock.pass(86_400_000);
    expect(rows()[2]).toBe("r-1 line-3 SILENT unsent");
    await requests.stop();
  });

  it.each([
    [[], "check", "no device matches the filter"],
    [["all"], "check", "no device matches the filter"],
    [["line-1"], "reboot", "must be one of check, facts, flush"],
    [Array.from({ length: 200_001 }, (_, at) => `x${at}`), "check", "at most 200000"],
  ])("refuses a request that reaches nobody, too many or asks for nothing known", async (things, command, why) => {
    const { it: requests, rows } = scene(things);
    const asked = requests.ask({ command: command as "check", filter: {}, by: "ann" });

    await expect(asked).rejects.toThrow(InvalidInputError);
    await expect(asked).rejects.toThrow(why);
    expect(rows()).toEqual([]);
  });

  it("notes what was sent once the store is out of trouble, and sends nothing twice meanwhile", async () => {
    const { clock, database, it: requests, rows, sendAll } = scene(["line-1"]);
    await requests.ask({ command: "check", filter: {}, by: "ann" });
    await sendAll();
    database.fail(new ExpectedError("the disk is full"));
    await clock.pass(250);
    database.fail(null);
    expect([rows(), await sendAll()]).toEqual([["r-1 line-1 WAITING unsent"], []]);

    await clock.pass(5_000);

    expect(rows()).toEqual(["r-1 line-1 WAITING sent"]);
  });
});
