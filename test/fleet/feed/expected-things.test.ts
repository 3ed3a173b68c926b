import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../../src/base/errors.js";
import { parseExpectedThings, storeExpectedThings } from "../../../src/fleet/feed/expected-things.js";
import { memoryDatabase } from "./memory-database.js";

describe("parseExpectedThings", () => {
  it.each([
    ["lines", "line-2\r\n# of hall 3\n\nline-1 # the old one\nline-2\n"],
    ["a JSON list", ' ["line-2", "line-1"]'],
    ["an answer of list-things", '{"things":[{"thingName":"line-2","version":1},{"thingName":"line-1"}]}'],
  ])("reads %s", (_, text) => {
    expect(parseExpectedThings(text)).toEqual(["line-1", "line-2"]);
  });

  it.each([
    ["line-1\nline 2", "line 2 must be a thing's name"],
    ['["line-1", 7]', "item 2 must be a thing's name"],
    ['{"items":[]}', "must be a list of names"],
    ['["line-1"', "not valid JSON"],
  ])("refuses %j", (text, why) => {
    expect(() => parseExpectedThings(text)).toThrow(InvalidInputError);
    expect(() => parseExpectedThings(text)).toThrow(why);
  });
});

describe("storeExpectedThings", () => {
  it("adds and removes what the list adds and removes, and keeps what was heard", async () => {
    const database = memoryDatabase();
    const things = () =>
      database
        .run("SELECT thing, expected FROM thing ORDER BY thing")
        .map(({ thing, expected }) => `${thing} ${expected}`);
    database.insert("thing", { thing: "heard", last_heard: "2026-11-23T18:00:00Z" });
    await storeExpectedThings(database, ["a", "b", "heard"]);
    expect(things()).toEqual(["a 1", "b 1", "heard 1"]);

    await storeExpectedThings(database, ["b", "c"]);
    expect(things()).toEqual(["b 1", "c 1", "heard 0"]);

    const many = Array.from({ length: 12_000 }, (_, at) => `line-${at}`);
    await storeExpectedThings(database, many);
    await storeExpectedThings(database, many.slice(0, 11_000));
    expect(things()).toHaveLength(11_001);
  });
});
