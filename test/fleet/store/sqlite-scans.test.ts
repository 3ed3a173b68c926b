import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { builtWorker } from "./built-worker.js";

/** Much longer than a quick statement takes to be asked and answered. */
const LONG =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) AS i FROM n";

it("answers a quick statement while a slow one runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-scans-"));
  const store = await openSqlite(join(folder, "fleet.db"), { worker: await builtWorker(folder) });
  const order: string[] = [];

  const scan = store.scans.all(LONG).then((rows) => order.push(`scan ${rows[0]?.i}`));
  const quick = store.all("SELECT $1 AS x", [1]).then((rows) => order.push(`quick ${rows[0]?.x}`));
  await Promise.all([scan, quick]);

  expect(order).toEqual(["quick 1", "scan 3000000"]);
  await store.close();
  rmSync(folder, { recursive: true });
});
