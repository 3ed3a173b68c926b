import { describe, expect, it } from "vitest";
import { openEngine } from "../../../src/fleet/store/sqlite-engine.js";
import { inSqlite, preparedOn } from "../../../src/fleet/store/sqlite-statements.js";

describe("inSqlite", () => {
  it("writes parameters, ILIKE and what is for SQLite alone as SQLite does", () => {
    const sql = "SELECT $1 FROM thing t /* SQLITE: INDEXED BY thing_by_name */ WHERE t.thing ILIKE $12 /* note */";

    expect(inSqlite(sql)).toBe("SELECT ?1 FROM thing t INDEXED BY thing_by_name WHERE t.thing LIKE ?12 /* note */");
  });
});

describe("preparedOn", () => {
  it("prepares a statement once, and still works after many others", () => {
    const engine = openEngine(":memory:");
    const prepared = preparedOn(engine);
    const first = prepared("SELECT $1 AS x");

    expect(prepared("SELECT $1 AS x")).toBe(first);
    for (let at = 0; at < 1_200; at++) prepared(`SELECT ${at} AS x`);
    expect(prepared("SELECT $1 AS x").all(7)).toEqual([{ x: 7 }]);
    engine.close();
  });
});
