import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../src/fleet/store/open-postgres.js";
import { filledFile } from "../fleet/store/filled-store.js";
import { complete, heartbeat, messageOf } from "../fleet/store/fleet-messages.js";
import { schemaOf, sharedPostgres } from "../fleet/store/postgres-server.js";
import { lacks } from "../needed.js";
import { packdrift } from "./cli.js";

const BUNDLE = join(import.meta.dirname, "../../dist/packdrift.mjs");
const THINGS = 2_000;
const ROWS_A_RUN = 800;

const folder = mkdtempSync(join(tmpdir(), "packdrift-move-killed-"));
const file = join(folder, "fleet.db");
let moved: { readonly tables: readonly unknown[]; readonly rows: number };
beforeAll(async () => {
  const things = Array.from({ length: THINGS }, (_, at) => `device-${at}`);
  await filledFile(file, (store) =>
    store.ingest(
      things.flatMap((thing) => [messageOf(complete({ thing })), messageOf(heartbeat({ thing, sequence: 2 }))]),
    ),
  );
  moved = JSON.parse(
    (await packdrift(["fleet", "move", "--from", file, "--to", join(folder, "whole.db"), "--json"])).out,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a move, and kills it as soon as it has written to the file for the nth time; whether it had ended before. */
async function killedAtWrite(to: string, nth: number): Promise<boolean> {
  let writes = 0;
  const child = spawn(process.execPath, [BUNDLE, "fleet", "move", "--from", file, "--to", to], { stdio: "ignore" });
  const watcher = watch(folder, (_, name) => {
    if (!name?.startsWith(to.split("/").at(-1) ?? to)) return;
    writes += 1;
    if (writes === nth) child.kill("SIGKILL");
  });
  const [code] = await once(child, "exit");
  watcher.close();
  return code !== null;
}

describe("packdrift fleet move, killed again and again", () => {
  it("has every row once in the file, wherever it was killed", async () => {
    for (const nth of [2, 9, 40]) {
      const to = join(folder, `${nth}.db`);
      let kills = 0;
      // Each run is killed a little further on, until one ends before.
      for (let write = nth; !(await killedAtWrite(to, write)); write += nth) kills += 1;
      const { out } = await packdrift(["fleet", "move", "--from", file, "--to", to, "--json"]);

      expect(JSON.parse(out)).toMatchObject({ found: "complete", rows: moved.rows, tables: moved.tables });
      expect(kills).toBeGreaterThan(0);
    }
  });

  it.skipIf(lacks("PostgreSQL"))("has every row once in a database, wherever it was killed", async () => {
    const url = await (await sharedPostgres()).database();
    const watching = await openPostgres(await (await sharedPostgres()).database());
    const schema = schemaOf(url);
    const rows = async () => {
      const [there] = await watching.all("SELECT to_regclass($1)::text AS name", [`${schema}.move_note`]);
      if (there?.name === null) return 0;
      const sum = `SELECT sum((value::json->>'rows')::bigint) AS rows FROM ${schema}.move_note WHERE name <> 'source'`;
      return Number((await watching.all(sum))[0]?.rows);
    };
    let kills = 0;
    for (;;) {
      const before = await rows();
      const child = spawn(process.execPath, [BUNDLE, "fleet", "move", "--from", file, "--to", url], {
        stdio: "ignore",
      });
      const gone = once(child, "exit");
      // The notes are gone when it ends meanwhile.
      while (child.exitCode === null && (await rows().catch(() => 0)) < before + ROWS_A_RUN);
      child.kill("SIGKILL");
      const [code] = await gone;
      if (code !== null) break;
      kills += 1;
    }
    const { out } = await packdrift(["fleet", "move", "--from", file, "--to", url, "--json"]);
    await watching.close();

    expect(JSON.parse(out)).toMatchObject({ rows: moved.rows, tables: moved.tables });
    expect(kills).toBeGreaterThan(1);
  });
});
