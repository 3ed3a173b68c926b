import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { postNotice, waitOf } from "../../../src/fleet/alarms/post-notice.js";
import { answers, type HookAnswer, startHookServer } from "./hook-server.js";

const NOW_MS = Date.parse("2026-11-29T12:00:00.000Z");
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function post(answer: HookAnswer, more: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  const server = await startHookServer(answer);
  closing.push(() => server.close());
  const delivery = { url: server.url, body: '{"ä":1}', headers: { authorization: "Bearer x" } };
  const delivered = await postNotice(
    { ...delivery, timeoutMs: 5_000, signal: new AbortController().signal, ...more },
    NOW_MS,
  );
  return { delivered, server };
}

describe("postNotice", () => {
  it("posts the event as structured CloudEvents", async () => {
    const { delivered, server } = await post(answers(202));

    expect(delivered).toEqual({ outcome: "delivered" });
    expect(server.requests).toMatchObject([
      {
        ...{ method: "POST", path: "/hook", body: '{"ä":1}' },
        headers: { "content-type": "application/cloudevents+json; charset=utf-8", authorization: "Bearer x" },
      },
    ]);
  });

  it.each([401, 403, 404, 408, 500, 502, 503])("fails on HTTP %i, so that it is retried", async (status) => {
    expect((await post(answers(status))).delivered).toEqual({ outcome: "failed", why: `HTTP ${status}`, waitMs: null });
  });

  it.each([400, 410, 413, 415, 422])("is refused for good on HTTP %i", async (status) => {
    expect((await post(answers(status))).delivered).toEqual({ outcome: "refused", why: `HTTP ${status}` });
  });

  it("waits as long as an overloaded receiver says", async () => {
    const { delivered } = await post(answers(429, { "retry-after": "120" }));

    expect(delivered).toEqual({ outcome: "failed", why: "HTTP 429", waitMs: 120_000 });
  });

  it("follows no redirect, so that no token goes elsewhere", async () => {
    const elsewhere = await startHookServer(answers(200));
    closing.push(() => elsewhere.close());

    const { delivered } = await post(answers(307, { location: elsewhere.url }));

    expect(delivered).toEqual({ outcome: "failed", why: "HTTP 307: redirects are not followed", waitMs: null });
    expect(elsewhere.requests).toEqual([]);
  });

  it("gives up on a receiver that never answers", async () => {
    const { delivered } = await post(() => {}, { timeoutMs: 50 });

    expect(delivered).toEqual({ outcome: "failed", why: "no answer in time", waitMs: null });
  });

  it("does not read an endless answer", async () => {
    const endless: HookAnswer = (response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
        response.once("drain", write);
      };
      write();
    };

    expect((await post(endless)).delivered).toEqual({ outcome: "delivered" });
  });

  it("fails where the connection is dropped or refused, and says how", async () => {
    const dropped = await post((response) => response.destroy());
    expect(dropped.delivered).toMatchObject({ outcome: "failed" });

    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const delivery = { url: `http://127.0.0.1:${port}/`, body: "{}", headers: {}, timeoutMs: 5_000 };
    const refused = await postNotice({ ...delivery, signal: new AbortController().signal }, NOW_MS);
    expect(refused).toMatchObject({ outcome: "failed", why: expect.stringContaining("ECONNREFUSED") });
  });

  it("ends when it is aborted", async () => {
    const stop = new AbortController();
    const { delivered } = await post(() => stop.abort(), { signal: stop.signal });

    expect(delivered).toMatchObject({ outcome: "failed" });
  });
});

describe("waitOf", () => {
  it.each<[string | null, number | null]>([
    [null, null],
    ["0", 0],
    ["30", 30_000],
    ["999999", 3_600_000],
    ["Sun, 29 Nov 2026 12:01:00 GMT", 60_000],
    ["Sun, 29 Nov 2020 12:01:00 GMT", 0],
    ["soon", null],
    ["9".repeat(400), null],
  ])("of %s is %s", (header, expected) => {
    expect(waitOf(header, NOW_MS)).toBe(expected);
  });
});
