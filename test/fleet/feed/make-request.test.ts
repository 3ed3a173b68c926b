import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../src/base/errors.js";
import { type MakeRequestParts, makeRequest } from "../../../src/fleet/feed/make-request.js";
import { fakeLog } from "../../agent/fake-clock.js";
import { memoryDatabase } from "./memory-database.js";

function scene(things: readonly string[]) {
  const database = memoryDatabase();
  const parts: MakeRequestParts = {
    ...{ database, perSecond: 50, thingsOf: async () => things, log: fakeLog(), newId: () => "r-1" },
    now: () => Date.parse("2026-11-23T18:00:00.000Z"),
  };
  return { database, parts };
}

describe("makeRequest", () => {
  it("stores a request with its things, each once, before it resolves", async () => {
    const { database, parts } = scene(["line-2", "line-1", "all", "line-1"]);
    const made = await makeRequest({ command: "check", filter: { drift: "DRIFTED" }, by: "ann" }, parts);

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
    expect(database.run("SELECT thing, status, sent_at FROM request_thing ORDER BY thing")).toEqual([
      { thing: "line-1", status: "WAITING", sent_at: null },
      { thing: "line-2", status: "WAITING", sent_at: null },
    ]);
  });

  it.each([
    [[], "check", "no device matches the filter"],
    [["all"], "check", "no device matches the filter"],
    [["line-1"], "reboot", "must be one of check, facts, flush, doctor"],
    [Array.from({ length: 200_001 }, (_, at) => `x${at}`), "check", "at most 200000"],
  ])("refuses a request to no device or to too many, or with an unknown command", async (things, command, why) => {
    const { database, parts } = scene(things);
    const asked = makeRequest({ command: command as "check", filter: {}, by: "ann" }, parts);

    await expect(asked).rejects.toThrow(InvalidInputError);
    await expect(asked).rejects.toThrow(why);
    expect(database.run("SELECT * FROM request_thing")).toEqual([]);
  });
});
