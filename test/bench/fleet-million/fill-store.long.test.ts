import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fillStore, sqliteTables } from "../../../bench/fleet-million/fill-store.js";
import { fleetReports, thingName } from "../../../bench/fleet-million/reports.js";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { readAnswers } from "../../../src/lab/sample-archive.js";

const JOBS = join(import.meta.dirname, "../../../src/lab/jobs");
const AT_MS = Date.UTC(2026, 10, 30);
const THINGS = 100;

describe("fillStore", () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-fill-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("makes a store in which every device has reported, and whose devices go on reporting in their chains", async () => {
    const reports = await fleetReports(await readAnswers(JOBS));
    const file = join(folder, "fleet.db");
    const first = await openSqlite(file);
    await first.ingest(Array.from({ length: reports.kinds }, (_, thing) => reports.first(thing, AT_MS)).flat());
    await first.close();
    const tables = sqliteTables(file);
    await fillStore(tables, "sqlite", reports.kinds, THINGS);
    await tables.close();

    const store = await openSqlite(file);
    const next = Array.from({ length: THINGS }, (_, thing) =>
      reports.next(thing, reports.isJetson(thing) ? "CHANGED" : "HEARTBEAT", AT_MS + 1_000),
    );
    const { counts, acknowledge } = await store.ingest(next);
    const [found] = await store.all(
      "SELECT count(*) AS things, count(facts_digest) AS facts, max(thing) AS last, min(jobs) AS jobs FROM thing",
    );
    const [chain] = await store.all("SELECT coalesce(sum(value), 0) AS faults FROM total WHERE name = 'chain_faults'");
    await store.close();

    const jetsons = Array.from({ length: THINGS }, (_, thing) => thing).filter(reports.isJetson).length;
    expect(counts).toMatchObject({ reports: jetsons, heartbeats: THINGS - jetsons, refused: 0, conflicts: 0 });
    expect(new Set(acknowledge.map(({ sequence }) => sequence))).toEqual(new Set([2]));
    expect([found, chain]).toEqual([
      { things: THINGS, facts: THINGS, last: thingName(THINGS - 1), jobs: 1 },
      { faults: 0 },
    ]);
  });
});
