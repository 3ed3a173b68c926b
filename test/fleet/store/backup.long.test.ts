import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { blocksOf, pageOf } from "../../docs/pages.js";
import { lacks } from "../../needed.js";
import { complete, messageOf } from "./fleet-messages.js";
import { schemaOf, sharedPostgres } from "./postgres-server.js";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "packdrift-backup-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const THINGS = Array.from({ length: 20 }, (_, at) => `box-${at}`);
const batch = (sequence: number) => THINGS.map((thing) => messageOf(complete({ thing, sequence })));

/** The command of docs/fleet-store.md that has this word, with other names in place of the page's. */
function command(word: string, names: Readonly<Record<string, string>>): string {
  const block = blocksOf(pageOf("docs/fleet-store.md")).find(({ text }) => text.includes(word));
  const line = block?.text.split("\n").find((each) => each.includes(word)) ?? "";
  return Object.entries(names).reduce((text, [name, other]) => text.replaceAll(name, other), line);
}

/** Runs a command while a store takes in one batch after the other; gives the last one that was stored before it, and behind it. */
async function whileStoring(store: FleetStore, shell: string): Promise<readonly [before: number, after: number]> {
  let sequence = 0;
  const next = async () => {
    sequence += 1;
    await store.ingest(batch(sequence));
  };
  for (let each = 0; each < 20; each += 1) await next();
  const before = sequence;
  let isRunning = true;
  const storing = async () => {
    // At least one batch in the meantime, and the loop lets the command's end be noticed.
    do {
      await next();
      await new Promise((resolve) => setImmediate(resolve));
    } while (isRunning);
  };
  const running = run("bash", ["-c", shell], { cwd: folder }).finally(() => {
    isRunning = false;
  });
  await Promise.all([running, storing()]);
  return [before, sequence];
}

/** All of a backup is of one instant: every thing has come equally far, with all of its reports. */
async function assertWhole(store: FleetStore, [before, after]: readonly [number, number]): Promise<number> {
  const [epochs] = await store.all(
    "SELECT min(contiguous) AS least, max(contiguous) AS most, count(*) AS count FROM epoch",
  );
  const stored = Number(epochs?.least);
  expect(epochs).toEqual({ least: stored, most: stored, count: THINGS.length });
  expect(stored).toBeGreaterThanOrEqual(before);
  expect(stored).toBeLessThanOrEqual(after);
  expect(await store.all("SELECT count(*) AS count FROM report")).toEqual([{ count: THINGS.length * stored }]);
  return stored;
}

/** What was stored after the backup is missing, and says so; once given up, reports are acknowledged again. */
async function assertGoesOn(store: FleetStore, stored: number): Promise<void> {
  const later = await store.ingest([messageOf(complete({ thing: "box-1", sequence: stored + 3 }))]);
  expect(later.acknowledge).toEqual([]);
  expect(await store.all("SELECT contiguous, missing FROM epoch WHERE thing = 'box-1'")).toEqual([
    { contiguous: stored, missing: 2 },
  ]);
  expect(await store.giveUp("box-1", "e1", "kim", "2026-12-01T00:00:00.000Z")).toEqual({
    thing: "box-1",
    epoch: "e1",
    sequence: stored + 3,
    count: 2,
  });
}

describe.skipIf(lacks("sqlite3"))("a backup of a SQLite store as docs/fleet-store.md makes it", () => {
  it("is complete while a receiver writes, is for its owner alone, and can be used as a store", async () => {
    const store = await openSqlite(join(folder, "fleet.db"));
    const span = await whileStoring(store, command("VACUUM INTO", {}));
    await store.close();
    await run("bash", ["-c", command("install", {})], { cwd: folder });
    const restored = join(folder, "restored.db");

    expect([statSync(join(folder, "saved.db")).mode & 0o777, statSync(restored).mode & 0o777]).toEqual([0o600, 0o600]);
    const opened = await openSqlite(restored);
    expect(await opened.all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    await assertGoesOn(opened, await assertWhole(opened, span));
    await opened.close();
  });
});

describe.skipIf(lacks("PostgreSQL"))("a backup of a PostgreSQL store as docs/fleet-store.md makes it", () => {
  it("is complete while a receiver writes, and can be used as a store", async () => {
    const url = await (await sharedPostgres()).database();
    const store = await openPostgres(url);
    const dump = command("pg_dump", { "postgres://db.factory/fleet": `'${url}' --schema ${schemaOf(url)}` });
    const span = await whileStoring(store, dump);
    await store.close();
    await using(url, (client) => client.query("CREATE DATABASE restored"));
    const other = url.replace("/postgres?", "/restored?");
    await run("bash", ["-c", command("pg_restore", { "postgres://db.factory/restored": `'${other}'` })], {
      cwd: folder,
    });

    const opened = await openPostgres(other);
    await assertGoesOn(opened, await assertWhole(opened, span));
    await opened.close();
    await using(url, (client) => client.query("DROP DATABASE restored"));
  });
});

async function using(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await use(client);
  await client.end();
}
