import { afterEach, describe, expect, it } from "vitest";
import type { WebhookSettings } from "../../../src/fleet/alarms/alarm-settings.js";
import { type SentCounts, sendDue } from "../../../src/fleet/alarms/send-notices.js";
import type { Database } from "../../../src/fleet/store/database.js";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { answers, type HookAnswer, startHookServer } from "./hook-server.js";
import { someWebhook } from "./some-webhook.js";

const NOON_MS = Date.parse("2026-11-29T12:00:00.000Z");
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A store with these notices, in this order, and a receiver that answers so. */
async function sender(ids: readonly string[], script: readonly HookAnswer[], more: Partial<WebhookSettings> = {}) {
  const database = await openSqlite(":memory:");
  const server = await startHookServer(...script);
  closing.push(() => server.close());
  await database.write(ids.map((id, at) => notice(id, NOON_MS + at)));
  const webhook = someWebhook({ url: server.url, ...more });
  const counts: SentCounts = { delivered: 0, failed: 0, refused: 0 };
  const logged: string[] = [];
  const note = (event: string, fields: object = {}) => logged.push(`${event} ${JSON.stringify(fields)}`);
  const log = { debug: note, info: note, warn: note, error: note };
  let nowMs = NOON_MS + 1_000;
  let isMine = () => true;
  const parts = {
    ...{ database, log, now: () => nowMs, random: () => 0.5, signal: new AbortController().signal },
    isMine: () => isMine(),
  };
  return {
    ...{ database, server, counts, logged },
    send: (over: { signal?: AbortSignal } = {}) => sendDue(webhook, { ...parts, ...over }, counts),
    /** The duty is lost after it was asked for so many times. */
    loseAfter: (times: number) => {
      let asked = 0;
      isMine = () => ++asked <= times;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    sent: () => server.requests.map(({ body }) => body),
  };
}

function notice(id: string, madeMs: number) {
  const at = new Date(madeMs).toISOString();
  return {
    sql: "INSERT INTO notice (id, url_key, body, made_at, next_at, tries) VALUES ($1, 'ops', $2, $3, $3, 0)",
    parameters: [`${id} ops`, id, at],
  };
}

async function queueOf(database: Database) {
  return (await database.all("SELECT id, tries, next_at, error FROM notice ORDER BY made_at, id")).map((row) => ({
    ...row,
  }));
}

describe("sendDue", () => {
  it("sends due notices in order and removes them from the queue", async () => {
    const { send, sent, database, counts } = await sender(["a", "b", "c"], [answers(204)]);

    await send();

    expect(sent()).toEqual(["a", "b", "c"]);
    expect(await queueOf(database)).toEqual([]);
    expect(counts).toEqual({ delivered: 3, failed: 0, refused: 0 });
  });

  it("retries with growing waits, and holds back the notices after it", async () => {
    const { send, sent, pass, database, counts } = await sender(["a", "b"], [answers(500), answers(503), answers(200)]);

    await send();
    expect(await queueOf(database)).toEqual([
      { id: "a ops", tries: 1, next_at: "2026-11-29T12:00:06.000Z", error: "HTTP 500" },
      { id: "b ops", tries: 0, next_at: "2026-11-29T12:00:00.001Z", error: null },
    ]);
    await send();
    expect(sent()).toEqual(["a"]);
    pass(5_000);
    await send();
    expect(await queueOf(database)).toMatchObject([{ tries: 2, next_at: "2026-11-29T12:00:16.000Z" }, { tries: 0 }]);
    pass(10_000);
    await send();

    expect(sent()).toEqual(["a", "a", "a", "b"]);
    expect(await queueOf(database)).toEqual([]);
    expect(counts).toEqual({ delivered: 2, failed: 2, refused: 0 });
  });

  it("waits as long as the receiver asks", async () => {
    const { send, database } = await sender(["a"], [answers(429, { "retry-after": "600" })]);

    await send();

    expect(await queueOf(database)).toMatchObject([{ next_at: "2026-11-29T12:10:01.000Z", error: "HTTP 429" }]);
  });

  it("gives up what the receiver will never accept, and continues with the next", async () => {
    const { send, sent, database, counts, logged } = await sender(["a", "b"], [answers(410), answers(200)]);

    await send();

    expect(sent()).toEqual(["a", "b"]);
    expect(await queueOf(database)).toEqual([]);
    expect(counts).toEqual({ delivered: 1, failed: 0, refused: 1 });
    expect(logged).toEqual([expect.stringContaining("alarms.notice-refused")]);
  });

  it("gives up what is too old, and says so", async () => {
    const { send, sent, pass, counts, logged } = await sender(["a", "b"], [answers(500)], { giveUpHours: 1 });

    await send();
    pass(3_600_000);
    await send();

    expect(sent()).toEqual(["a"]);
    expect(counts).toEqual({ delivered: 0, failed: 1, refused: 2 });
    expect(logged.at(-1)).toBe('alarms.notices-given-up {"webhook":"ops","notices":2}');
  });

  it("keeps the newest thousand notices", async () => {
    const ids = Array.from({ length: 1_003 }, (_, at) => `n${at}`);
    const { send, sent, database, counts } = await sender(ids, [answers(200)]);

    await send();

    expect(counts.refused).toBe(3);
    expect(sent()[0]).toBe("n3");
    expect(await queueOf(database)).toHaveLength(980);
  });

  it("sends each notice once when two processes send", async () => {
    const { send, sent } = await sender(["a", "b", "c"], [answers(200)]);

    await Promise.all([send(), send()]);
    await send();

    expect(sent().sort()).toEqual(["a", "b", "c"]);
  });

  it("sends again what a process had claimed before it died", async () => {
    const { send, sent, pass } = await sender(["a"], [() => {}, answers(200)]);
    const stop = new AbortController();
    const dying = send({ signal: stop.signal });
    while (sent().length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await dying;

    await send();
    expect(sent()).toEqual(["a"]);
    pass(16_000);
    await send();
    expect(sent()).toEqual(["a", "a"]);
  });

  it("sends at once after its clock was set back by a day", async () => {
    const { send, sent, pass } = await sender(["a"], [answers(500), answers(200)]);

    await send();
    pass(-86_400_000);
    await send();

    expect(sent()).toEqual(["a", "a"]);
  });

  it("keeps a notice whose secret cannot be read", async () => {
    const { send, sent, database } = await sender(["a"], [answers(200)], { bearerFile: "/nonexistent/token" });

    await send();

    expect(sent()).toEqual([]);
    expect(await queueOf(database)).toMatchObject([{ tries: 1, error: expect.stringContaining("does not exist") }]);
  });

  it.each([
    [0, []],
    [1, []],
    [2, ["a"]],
    [3, ["a"]],
  ])(
    "sends nothing more from the moment at which another process may send: after %i questions",
    async (times, sent) => {
      const scene = await sender(["a", "b"], [answers(204)]);
      scene.loseAfter(times);

      await scene.send();

      expect(scene.sent()).toEqual(sent);
    },
  );
});
