import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { STORE_VERSION } from "../../../src/fleet/store/migrate.js";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { type FleetStore, openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { MIGRATIONS } from "../../../src/fleet/store/schema.js";
import { sha256Hex } from "../../../src/platform/digest.js";
import { lacks } from "../../needed.js";
import { answersOf, fill, filledFile } from "./filled-store.js";
import { complete, messageOf } from "./fleet-messages.js";
import { schemaOf, sharedPostgres } from "./postgres-server.js";

/**
 * Stores as released versions left them, one folder for each version of the schema: a SQLite file, a dump of a PostgreSQL schema,
 * what they answered then, and the digest of the migration. Before a release with a new version of the schema, `npm run
 * add-released-store` makes its folder; a released one never changes.
 */
const RELEASED = join(import.meta.dirname, "released");
const folder = mkdtempSync(join(tmpdir(), "packdrift-released-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const releasedSchema = (version: number) => `packdrift_released_${version}`;
const dropSchema = (version: number) =>
  `SET client_min_messages = warning; DROP SCHEMA ${releasedSchema(version)} CASCADE`;
const unpacked = (version: number, name: string) =>
  gunzipSync(readFileSync(join(RELEASED, `${version}`, `${name}.gz`)));
const inSchema = (url: string, schema: string) =>
  url.replace(`search_path%3D${schemaOf(url)}`, `search_path%3D${schema}`);
const psql = (url: string, input: string | Buffer) =>
  execFileSync("psql", ["--quiet", "--set", "ON_ERROR_STOP=1", url], { input, stdio: ["pipe", "ignore", "inherit"] });

/** As JSON brings it back: a time or a body of bytes is compared as it is written. */
const written = (answers: object) => JSON.parse(JSON.stringify(answers)) as Record<string, unknown>;

if (process.env.ADD_RELEASED_STORE !== undefined) await addReleased(STORE_VERSION);

const versions = readdirSync(RELEASED)
  .map(Number)
  .sort((a, b) => a - b);

describe("released versions of the store", () => {
  it("are all there except the one under development", () => {
    expect(versions).toEqual(Array.from({ length: versions.length }, (_, at) => at + 1));
    expect(versions.length).toBeGreaterThanOrEqual(STORE_VERSION - 1);
  });

  it.each(versions)("%i: its migration is what was released", (version) => {
    expect(sha256Hex(withoutComments(MIGRATIONS[version - 1] ?? ""))).toBe(
      unpacked(version, "migration.sha256").toString(),
    );
  });
});

describe.each(versions)("a store of released version %i", (version) => {
  const before = JSON.parse(unpacked(version, "answers.json").toString());

  async function assertUpgraded(open: () => Promise<FleetStore>): Promise<void> {
    const store = await open();
    expect(await store.all("SELECT number FROM store_version")).toEqual([{ number: STORE_VERSION }]);
    expect(written(await answersOf(store))).toMatchObject(before);
    const without = `SELECT reason FROM refused r WHERE NOT EXISTS
      (SELECT 1 FROM refused_message m WHERE m.reason = r.reason AND m.number = r.count AND m.sample = r.sample)`;
    expect(await store.all(without)).toEqual([]);
    const { acknowledge } = await store.ingest([messageOf(complete({ sequence: 6 }))]);
    expect(acknowledge).toEqual([{ thing: "box-1", epoch: "e1", sequence: 7 }]);
    await store.close();
    await (await open()).close();
  }

  it("is upgraded in SQLite, answers as before, and receives", async () => {
    const file = join(folder, `${version}.db`);
    writeFileSync(file, unpacked(version, "fleet.db"), { mode: 0o600 });

    await assertUpgraded(() => openSqlite(file));
  });

  it.skipIf(lacks("PostgreSQL"))("is upgraded in PostgreSQL, answers as before, and receives", async () => {
    const url = await (await sharedPostgres()).database();
    psql(url, unpacked(version, "fleet.sql"));

    await assertUpgraded(() => openPostgres(inSchema(url, releasedSchema(version))));
    psql(url, dropSchema(version));
  });
});

function withoutComments(sql: string): string {
  return sql.replace(/--.*$/gm, "").replace(/\s+/g, " ").trim();
}

async function addReleased(version: number): Promise<void> {
  const to = join(RELEASED, `${version}`);
  if (existsSync(to)) throw new Error(`${to} is there: a released store never changes`);
  mkdirSync(to, { recursive: true });
  const add = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(to, `${name}.gz`), gzipSync(content, { level: 9 }));

  const file = join(folder, "fleet.db");
  await filledFile(file, async (store) => add("answers.json", JSON.stringify(await answersOf(store))));
  add("fleet.db", readFileSync(file));

  const url = inSchema(await (await sharedPostgres()).database(), releasedSchema(version));
  psql(url, `CREATE SCHEMA ${releasedSchema(version)}`);
  const postgres = await openPostgres(url);
  await fill(postgres);
  await postgres.close();
  const dump = execFileSync("pg_dump", ["--schema", releasedSchema(version), "--no-owner", "--no-privileges", url]);
  // Each dump has a word of its own there, which older psql do not know.
  add("fleet.sql", dump.toString().replace(/^\\(un)?restrict .*$/gm, ""));
  psql(url, dropSchema(version));
  add("migration.sha256", sha256Hex(withoutComments(MIGRATIONS[version - 1] ?? "")));
}
