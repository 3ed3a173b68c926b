import { describe, expect, it } from "vitest";
import { isOurHost, isSameOrigin } from "../../../../src/fleet/web/access/origin.js";

describe("isOurHost", () => {
  it.each(["127.0.0.1:8400", "localhost", "LOCALHOST:1", "[::1]:8400", "10.1.2.3"])("accepts %s", (host) => {
    expect(isOurHost(host, [])).toBe(true);
  });

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:8400",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "a b",
  ])("refuses %s, which DNS may resolve to it", (host) => {
    expect(isOurHost(host, [])).toBe(false);
  });

  it("accepts the names that it was given, and any name when people log in", () => {
    expect([isOurHost("fleet.example:443", ["fleet.example"]), isOurHost("fleet.example", null)]).toEqual([true, true]);
  });
});

describe("isSameOrigin", () => {
  it.each([
    [{ origin: "http://localhost:8400", host: "localhost:8400" }, true],
    [{ origin: "https://fleet.example", host: "fleet.example" }, true],
    [{ origin: "http://evil.example", host: "localhost:8400" }, false],
    [{ origin: "null", host: "localhost:8400" }, false],
    [{ "sec-fetch-site": "cross-site", host: "a", "content-type": "application/json" }, false],
    [{ "sec-fetch-site": "same-origin", host: "a" }, true],
    [{ host: "a", "content-type": "application/json" }, true],
    [{ host: "a", "content-type": "text/plain" }, false],
    [{ host: "a", "content-type": "application/x-www-form-urlencoded" }, false],
  ] as readonly [Record<string, string>, boolean][])("judges %j", (headers, expected) => {
    expect(isSameOrigin(headers)).toBe(expected);
  });
});
