import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClassAnswers, listJobThings } from "../../../src/fleet/state/job-things.js";
import type { JobThingFilter } from "../../../src/fleet/state/judged-views.js";
import type { Reader, SqlValue } from "../../../src/fleet/store/database.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { insertion } from "../store/insertion.js";
import { someThing } from "./some-rows.js";

const ANSWERS: ClassAnswers = new Map([
  ["common", { outcome: "CAN", change: null }],
  ["late", { outcome: "CANNOT", change: "JetPack 5" }],
  ["nowhere", { outcome: "UNKNOWN", change: null }],
]);
const MANY = 5_000;
const LATE = ["box-4990", "box-4994", "box-4998"];

describe("listJobThings", () => {
  let store: FleetStore;
  const asked: { sql: string; values: readonly SqlValue[] }[] = [];
  const reader: Reader = {
    all(sql, values = []) {
      asked.push({ sql, values });
      return store.all(sql, values);
    },
  };
  beforeAll(async () => {
    store = await openSqlite(":memory:");
    const digestOf = (thing: string) => (LATE.includes(thing) ? "late" : thing === "box-4000" ? "beyond" : "common");
    const things = Array.from({ length: MANY }, (_, at) => `box-${String(at).padStart(4, "0")}`);
    await store.write(
      things.map((thing) =>
        insertion("thing", someThing(thing, { facts_digest: thing === "box-4500" ? null : digestOf(thing) })),
      ),
    );
  });
  afterAll(() => store.close());

  const names = async (wanted: JobThingFilter, limit: number, after?: string) => {
    const page = { limit, ...(after !== undefined && { after }) };
    const { items, next } = await listJobThings(reader, ANSWERS, wanted, page);
    return { things: items.map(({ thing }) => thing), next };
  };

  it.each([
    { wanted: { outcome: "CANNOT" }, things: LATE },
    { wanted: { change: "JetPack 5" }, things: LATE },
    { wanted: { outcome: "NO_FACTS" }, things: ["box-4500"] },
    { wanted: { outcome: "UNKNOWN" }, things: ["box-4000"] },
    { wanted: { outcome: "CAN", change: "JetPack 5" }, things: [] },
  ] as const)(
    "finds the few that $wanted selects by their classes, however late they come",
    async ({ wanted, things }) => {
      asked.length = 0;

      expect(await names(wanted, 50)).toEqual({ things, next: null });
      expect(asked.length).toBeLessThanOrEqual(2);
    },
  );

  it("continues after a page, and reads once when the matching things are next by name", async () => {
    const first = await names({ outcome: "CANNOT" }, 2);
    expect(first.things).toEqual(LATE.slice(0, 2));
    expect(await names({ outcome: "CANNOT" }, 2, first.next ?? "")).toEqual({ things: LATE.slice(2), next: null });

    asked.length = 0;
    expect((await names({ outcome: "CAN" }, 3)).things).toEqual(["box-0000", "box-0001", "box-0002"]);
    expect(asked).toHaveLength(1);
  });

  it("returns every thing once in pages of any size", async () => {
    const all: string[] = [];
    let after: string | undefined;
    do {
      const { things, next } = await names({}, 900, after);
      all.push(...things);
      after = next ?? undefined;
    } while (after !== undefined);

    expect([all.length, new Set(all).size]).toEqual([MANY, MANY]);
  });

  it("reads the index of classes alone when it searches by class", async () => {
    asked.length = 0;
    await names({ outcome: "CANNOT" }, 50);

    const { sql, values } = asked.at(-1) ?? { sql: "", values: [] };
    const [plan] = await store.all(`EXPLAIN QUERY PLAN ${sql}`, values);
    expect(plan?.detail).toContain("USING COVERING INDEX thing_by_facts (facts_digest=? AND thing>?)");
  });
});
