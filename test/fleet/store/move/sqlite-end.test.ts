import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteTarget } from "../../../../src/fleet/store/move/sqlite-end.js";

async function newTarget() {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-end-"));
  const target = await openSqliteTarget(join(folder, "fleet.db"));
  onTestFinished(async () => {
    await target.close();
    rmSync(folder, { recursive: true });
  });
  return target;
}

describe("openSqliteTarget", () => {
  it("says that the disk is full, not that SQLite has rolled back", async () => {
    const target = await newTarget();
    await target.transaction((connection) => connection.query("CREATE TABLE filled (bytes blob)"));
    await target.all("PRAGMA max_page_count = 4");

    await expect(
      target.transaction((connection) => connection.query("INSERT INTO filled VALUES (zeroblob(1000000))")),
    ).rejects.toThrow("database or disk is full");
  });
});
