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
      const [number, limit] = parameters.slice(-2).map(Number);
      const isFirst = parameters.length === 1;
      return rows.filter((row) => isFirst || Number(row.number) > Number(number)).slice(0, isFirst ? number : limit);
    };
    const read: Row[] = [];
    for await (const page of tablePages({ all }, TABLE)) read.push(...page);

    expect(read).toEqual(rows);
    expect(asked).toEqual([
      ["SELECT body, number, thing FROM part ORDER BY thing, number LIMIT $1", [50]],
      [
        "SELECT body, number, thing FROM part WHERE (thing, number) > ($1, $2) ORDER BY thing, number LIMIT $3",
        ["a", 49, 1_000],
      ],
    ]);
  });

  it("reads all pages with two statements, however many rows each has", async () => {
    const rows: readonly Row[] = Array.from({ length: 200 }, (_, at) => ({
      body: "x".repeat(at * 500),
      number: at,
      thing: "a",
    }));
    const statements = new Map<string, Set<number>>();
    const all = async (sql: string, parameters: readonly unknown[] = []) => {
      const limit = Number(parameters.at(-1));
      statements.set(sql, (statements.get(sql) ?? new Set()).add(limit));
      const after = parameters.length === 1 ? -1 : Number(parameters[1]);
      return rows.slice(after + 1, after + 1 + limit);
    };
    let read = 0;
    for await (const page of tablePages({ all }, TABLE)) read += page.length;

    expect([read, statements.size]).toEqual([200, 2]);
    expect(Math.max(...[...statements.values()].map(({ size }) => size))).toBeGreaterThan(3);
  });

  it("reads fewer rows at once the longer they are, and one of a megabyte", () => {
    const of = (length: number) => [{ body: "x".repeat(length), packed: new Uint8Array(length), number: 1 }];

    expect([10, 10_000, 100_000, 1_048_576, 8_388_608].map((length) => nextLimit(of(length)))).toEqual([
      1_000, 52, 5, 1, 1,
    ]);
  });
});
