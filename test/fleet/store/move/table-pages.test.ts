import { describe, expect, it } from "vitest";
import type { Row } from "../../../../src/fleet/store/database.js";
import type { MovedTable } from "../../../../src/fleet/store/move/moved-table.js";
import { nextLimit, tablePages } from "../../../../src/fleet/store/move/table-pages.js";

const TABLE: MovedTable = {
  name: "part",
  columns: [
    { name: "body", type: "text" },
    { name: "number", type: "bigint" },
    { name: "thing", type: "text" },
  ],
  key: ["thing", "number"],
};

describe("tablePages", () => {
  it("reads a table in the order of its key, each page behind the last row of the one before", async () => {
    const rows: readonly Row[] = Array.from({ length: 120 }, (_, at) => ({ body: "", number: at, thing: "a" }));
    const asked: unknown[] = [];
    const all = async (sql: string, parameters: readonly unknown[] = []) => {
      asked.push([sql, parameters]);
      const limit = Number(/LIMIT (\d+)/.exec(sql)?.[1]);
      return rows
        .filter((row) => parameters.length === 0 || Number(row.number) > Number(parameters[1]))
        .slice(0, limit);
    };
    const read: Row[] = [];
    for await (const page of tablePages({ all }, TABLE)) read.push(...page);

    expect(read).toEqual(rows);
    expect(asked).toEqual([
      ["SELECT body, number, thing FROM part ORDER BY thing, number LIMIT 50", []],
      [
        "SELECT body, number, thing FROM part WHERE (thing, number) > ($1, $2) ORDER BY thing, number LIMIT 1000",
        ["a", 49],
      ],
    ]);
  });

  it("reads fewer rows at once the longer they are, and one of a megabyte", () => {
    const of = (length: number) => [{ body: "x".repeat(length), packed: new Uint8Array(length), number: 1 }];

    expect([10, 10_000, 100_000, 1_048_576, 8_388_608].map((length) => nextLimit(of(length)))).toEqual([
      1_000, 52, 5, 1, 1,
    ]);
  });
});
