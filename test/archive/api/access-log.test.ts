import { describe, expect, it } from "vitest";
import { type AccessLine, accessLog } from "../../../src/archive/api/access-log.js";

const reply = (status: number) => ({ status, headers: {}, body: "" });
const request = (url = "/a") => ({ method: "GET", url, headers: {}, remoteAddress: "10.0.0.1" });

describe("accessLog", () => {
  it("counts what was answered, each count once", async () => {
    const log = accessLog(() => 0, null);
    const statuses = [200, 200, 403, 404, 429, 500, 503];
    const handle = log.observe(async () => reply(statuses.shift() ?? 0));
    while (statuses.length > 0) await handle(request());

    expect(log.take()).toEqual({ requests: 7, answered: 2, refused: 2, throttled: 1, failed: 2 });
    expect(log.take()).toBeNull();
  });

  it("describes each request, answered at once or later", async () => {
    const lines: AccessLine[] = [];
    let at = 0;
    const log = accessLog(
      () => {
        at += 2.04;
        return at;
      },
      (line) => lines.push(line),
    );
    log.observe(() => reply(200))(request());
    await log.observe(async () => reply(404))(request(`/${"x".repeat(500)}`));

    expect(lines).toEqual([
      { method: "GET", url: "/a", status: 200, ms: 2, address: "10.0.0.1" },
      { method: "GET", url: `/${"x".repeat(299)}…`, status: 404, ms: 2, address: "10.0.0.1" },
    ]);
  });

  it("passes on what the handler returns", async () => {
    const log = accessLog(() => 0, null);

    expect(log.observe(() => reply(200))(request())).toEqual(reply(200));
    expect(await log.observe(async () => reply(404))(request())).toEqual(reply(404));
  });
});
