import { describe, expect, it } from "vitest";
import { readRequest } from "../../../src/agent/requests/request.js";

const read = (topic: string, body: unknown, thing = "line-4") =>
  readRequest(topic, typeof body === "string" ? body : JSON.stringify(body), {
    prefix: "cmd",
    thing,
    random: () => 0.5,
  });

describe("readRequest", () => {
  it("reads a request to this thing, which is due at once", () => {
    expect(read("cmd/line-4/check/req", { id: "r-1", spreadSeconds: 60 })).toEqual({
      kind: "request",
      command: "check",
      id: "r-1",
      isBroadcast: false,
      delayMs: 0,
    });
  });

  it("spreads a broadcast over the window that it names, or over 300 s", () => {
    expect(read("cmd/all/flush/req", { id: "r", spreadSeconds: 60 })).toMatchObject({
      isBroadcast: true,
      delayMs: 30_000,
    });
    expect(read("cmd/all/flush/req", { id: "r" })).toMatchObject({ delayMs: 150_000 });
  });

  it("reads a request to a thing named all as its own", () => {
    expect(read("cmd/all/flush/req", { id: "r" }, "all")).toMatchObject({ isBroadcast: false, delayMs: 0 });
  });

  it.each([
    ["cmd/line-4/check/req/more", { id: "r" }],
    ["cmd/line-4/check", { id: "r" }],
    ["cmd/line-5/check/req", { id: "r" }],
    ["other/line-4/check/req", { id: "r" }],
    ["cmd/line-4/ack/req", { sequence: 1 }],
    // Must not be answered: every device would, or the answer's topic would not be one.
    ["cmd/all/check/req", "{"],
    ["cmd/all/reboot/req", { id: "r" }],
    ["cmd/line-4/NOT A COMMAND/req", { id: "r" }],
  ])("ignores %s with %j", (topic, body) => {
    expect(read(topic, body)).toMatchObject({ kind: "ignored" });
  });

  it.each([
    ["check", "{", null, "must be a JSON object of at most 4096 bytes"],
    ["check", [], null, "must be a JSON object of at most 4096 bytes"],
    ["check", { id: "x", pad: "x".repeat(4_096) }, null, "must be a JSON object of at most 4096 bytes"],
    ["check", { id: 7 }, null, 'needs "id": 1 to 64 letters, digits, ".", ":", "_" or "-"'],
    ["check", { id: "a b" }, null, 'needs "id": 1 to 64 letters, digits, ".", ":", "_" or "-"'],
    ["reboot", { id: "r" }, "r", "there is no such command, only check, facts, flush, doctor"],
    ["flush", { id: "r", spreadSeconds: -1 }, "r", '"spreadSeconds" must be a number from 0 to 86400'],
  ])("refuses %s with %j and says why", (command, body, id, why) => {
    expect(read(`cmd/line-4/${command}/req`, body)).toEqual({ kind: "refused", command, id, why });
  });
});
