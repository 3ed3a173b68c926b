import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import { makeRequest } from "../../../src/fleet/feed/make-request.js";
import { sendRequests } from "../../../src/fleet/feed/send-requests.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import type { DeviceCommand } from "../../../src/fleet/web/ports.js";
import { fakeClock, fakeLog, settled } from "../../agent/fake-clock.js";
import { memoryDatabase } from "./memory-database.js";

function scene(
  things: readonly string[] = ["line-1", "line-2"],
  { clock = fakeClock(), database = memoryDatabase() } = {},
) {
  const log = fakeLog();
  let ids = 0;
  let changes = 0;
  const requests = sendRequests({
    ...{ database, prefixes: TOPIC_PREFIXES, log, later: clock.later, now: clock.nowMs, wake: () => {} },
    onChanged: () => {
      changes += 1;
    },
  });
  /** Asks all things for a check. */
  const ask = async (command: DeviceCommand = "check") => {
    const newId = () => `r-${++ids}`;
    const parts = { database, perSecond: 50, thingsOf: async () => things, log, now: clock.nowMs, newId };
    await makeRequest({ command, filter: {}, by: "ann" }, parts);
    requests.load();
  };
  const rows = () =>
    database
      .run("SELECT id, thing, status, sent_at FROM request_thing ORDER BY id, thing")
      .map(({ id, thing, status, sent_at }) => [id, thing, status, sent_at === null ? "unsent" : "sent"].join(" "));
  /** Takes and sends everything that is due. */
  const sendAll = async () => {
    const sent: string[] = [];
    for (;;) {
      await settled();
      const message = requests.next();
      if (message === null) return sent;
      sent.push(`${message.topic} ${message.payload}`);
      message.onSent();
    }
  };
  return { clock, database, log, requests, ask, rows, sendAll, changes: () => changes };
}

describe("sendRequests", () => {
  it("records when it sent a request, not when it recorded that, so that no answer seems earlier than its request", async () => {
    const { clock, database, ask, requests } = scene(["line-1", "line-2"]);
    await ask();
    await settled();
    const at = new Date(clock.nowMs()).toISOString();
    const [first, second] = [requests.next(), requests.next()];
    await clock.pass(100);
    for (const message of [second, first]) message?.onSent();
    await clock.pass(250);

    expect(database.run("SELECT DISTINCT sent_at FROM request_thing")).toEqual([{ sent_at: at }]);
  });

  it("sends a stored request to each of its things, and records that", async () => {
    const { clock, ask, rows, sendAll } = scene(["line-2", "line-1"]);
    await ask();

    expect(await sendAll()).toEqual([
      'cmd/packdrift/v1/line-1/check/req {"id":"r-1"}',
      'cmd/packdrift/v1/line-2/check/req {"id":"r-1"}',
    ]);
    await clock.pass(250);

    expect(rows()).toEqual(["r-1 line-1 WAITING sent", "r-1 line-2 WAITING sent"]);
    expect(await sendAll()).toEqual([]);
  });

  it("finds a request that another process has stored within seconds", async () => {
    const { clock, database, sendAll } = scene();
    await settled();
    database.insert("request", { id: "r-9", command: "facts" });
    database.insert("request_thing", { id: "r-9", thing: "line-7", status: "WAITING" });
    await clock.pass(5_000);

    expect(await sendAll()).toEqual(['cmd/packdrift/v1/line-7/facts/req {"id":"r-9"}']);
  });

  it("sends many things page by page, each once", async () => {
    const things = Array.from({ length: 1_234 }, (_, at) => `line-${at}`);
    const { clock, ask, rows, sendAll } = scene(things);
    await ask("flush");
    const sent = await sendAll();
    await clock.pass(250);

    expect([sent.length, new Set(sent).size]).toEqual([1_234, 1_234]);
    expect(rows().every((row) => row.endsWith(" sent"))).toBe(true);
  });

  it("continues after a restart with what was not sent", async () => {
    const first = scene();
    await first.ask();
    await settled();
    first.requests.next()?.onSent();
    await first.requests.stop();

    const second = scene([], first);
    expect(await second.sendAll()).toEqual(['cmd/packdrift/v1/line-2/check/req {"id":"r-1"}']);
  });

  it("sends again what the broker did not take", async () => {
    const { ask, requests, sendAll } = scene(["line-1"]);
    await ask();
    await settled();
    requests.next()?.onFailed();

    expect(await sendAll()).toHaveLength(1);
  });

  it("counts a device as silent 5 minutes after it was asked, and one that could not be asked after a day", async () => {
    const { clock, database, ask, requests, rows } = scene(["line-1", "line-2", "line-3"]);
    await ask();
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

  it("records what was sent once the store works again, and sends nothing twice until then", async () => {
    const { clock, database, ask, rows, sendAll } = scene(["line-1"]);
    await ask();
    await sendAll();
    database.fail(new ExpectedError("the disk is full"));
    await clock.pass(250);
    database.fail(null);
    expect([rows(), await sendAll()]).toEqual([["r-1 line-1 WAITING unsent"], []]);

    await clock.pass(5_000);

    expect(rows()).toEqual(["r-1 line-1 WAITING sent"]);
  });
});
