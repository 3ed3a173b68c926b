import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOVING, STORE_VERSION, tablesOf } from "../../../../src/fleet/store/migrate.js";
import type { MoveTarget } from "../../../../src/fleet/store/move/move-end.js";
import { moveStore } from "../../../../src/fleet/store/move/move-store.js";
import { isSameStore, openMoveSource, openMoveTarget } from "../../../../src/fleet/store/move/open-end.js";
import { openPostgres } from "../../../../src/fleet/store/open-postgres.js";
import { openSqlite } from "../../../../src/fleet/store/open-sqlite.js";
import type { Connection } from "../../../../src/fleet/store/postgres-engine.js";
import { openEngine } from "../../../../src/fleet/store/sqlite-engine.js";
import { isPostgresAddress, shownStore } from "../../../../src/fleet/store/store-address.js";
import { lacks } from "../../../needed.js";
import { answersOf, fill } from "../filled-store.js";
import { complete, messageOf } from "../fleet-messages.js";
import { sharedPostgres } from "../postgres-server.js";

const folder = mkdtempSync(join(tmpdir(), "packdrift-move-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}
const newDatabase = async () => (await sharedPostgres()).database();
const open = (store: string) => (isPostgresAddress(store) ? openPostgres : openSqlite)(store);

async function filled(store: string): Promise<string> {
  const opened = await open(store);
  await fill(opened);
  await opened.close();
  return store;
}

async function answers(store: string) {
  const opened = await open(store);
  try {
    return await answersOf(opened);
  } finally {
    await opened.close();
  }
}

type Wrap = (target: MoveTarget) => MoveTarget;

/**
 * A copy of a file that nobody has open. Where Node.js has no SQLite of its own, a connection that was closed holds its locks until
 * its statements are collected as garbage.
 */
function copyOf(file: string): string {
  const copy = newFile();
  for (const ending of ["", "-wal"])
    if (existsSync(`${file}${ending}`)) copyFileSync(`${file}${ending}`, `${copy}${ending}`);
  return copy;
}

/** Moves a store as the command does. */
async function move(from: string, to: string, wrap: Wrap = (target) => target) {
  const watched: string[] = [];
  const source = { ...(await openMoveSource(existsSync(from) ? copyOf(from) : from)), name: shownStore(from) };
  try {
    const target = await openMoveTarget(to);
    try {
      const moved = await moveStore(source, wrap(target), {
        copying: (rows, done) => watched.push(`moving ${done}/${rows}`),
        verifying: (rows) => watched.push(`comparing ${rows}`),
        step: () => undefined,
      });
      return { ...moved, watched };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Ends in the middle of the nth transaction, or behind it, as a process that is killed does. */
function killedAt(nth: number, where: "within" | "behind"): Wrap {
  let count = 0;
  return (target) => ({
    ...target,
    transaction: async (work) => {
      count += 1;
      if (count < nth) return target.transaction(work);
      if (where === "behind") await target.transaction(work);
      else
        await target.transaction(async (connection) => {
          await work(connection);
          throw new Error("killed");
        });
      throw new Error("killed");
    },
  });
}

describe.skipIf(lacks("PostgreSQL"))("moveStore", () => {
  let file = "";
  let before: Awaited<ReturnType<typeof answers>> = {};
  beforeAll(async () => {
    file = await filled(newFile());
    before = await answers(file);
  });

  it("moves every table of a file to PostgreSQL and back, and every question has the same answer", async () => {
    const url = await newDatabase();
    const there = await move(file, url);
    const second = newFile();
    const back = await move(url, second);

    expect(there.found).toBe("empty");
    expect(there.tables.map(({ name }) => name)).toEqual(tablesOf(STORE_VERSION));
    expect(there.tables.filter(({ rows }) => rows === 0)).toEqual([]);
    expect(back.tables).toEqual(there.tables);
    expect(await answers(url)).toEqual(before);
    expect(await answers(second)).toEqual(before);
    expect(statSync(second).mode & 0o777).toBe(0o600);
  });

  it("moves from one file to another, and from one database to another", async () => {
    const [second, one, other] = [newFile(), await newDatabase(), await newDatabase()];
    const { tables } = await move(file, second);
    await move(second, one);

    expect((await move(one, other)).tables).toEqual(tables);
  });

  it("receives the next reports in the new store", async () => {
    const url = await newDatabase();
    await move(file, url);
    const store = await open(url);
    const { acknowledge } = await store.ingest([messageOf(complete({ sequence: 6 }))]);
    await store.close();

    expect(acknowledge).toEqual([{ thing: "box-1", epoch: "e1", sequence: 7 }]);
  });

  it.each([
    ["SQLite", async () => newFile(), 1],
    ["PostgreSQL", newDatabase, 5],
  ] as const)(
    "goes on in %s wherever it was killed, and no packdrift opens the store before",
    async (_, make, step) => {
      const { tables } = await move(file, newFile());
      let killed = true;
      for (let nth = 1; killed; nth += step) {
        for (const where of ["within", "behind"] as const) {
          const target = await make();
          const first = await move(file, target, killedAt(nth, where)).catch((error: Error) => error.message);
          killed = typeof first === "string";
          if (!killed) break;
          expect(first).toContain("killed; run the same command again to resume it");
          const isThere = !(where === "within" && nth === 1);
          const isReleased = where === "behind" && nth === tables.length + 2;
          if (isThere && !isReleased)
            await expect(open(target)).rejects.toThrow(
              /^Cannot open .*: a move into it has not ended; run the same "packdrift fleet move" again/,
            );

          expect(await move(file, target)).toMatchObject({
            tables,
            found: isReleased ? "complete" : isThere ? "begun" : "empty",
          });
          await (await open(target)).close();
        }
      }
    },
  );

  it("counts what an earlier run has moved", async () => {
    const target = newFile();
    await expect(move(file, target, killedAt(6, "behind"))).rejects.toThrow("killed");
    const { found, watched, tables } = await move(file, target);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);

    expect(found).toBe("begun");
    expect(watched[0]).toMatch(new RegExp(`^moving [1-9]\\d*/${rows}$`));
    expect(watched[1]).toBe(`comparing ${rows}`);
  });

  it("moves nothing twice: it compares what is already there", async () => {
    const url = await newDatabase();
    const { tables } = await move(file, url);

    expect(await move(file, url)).toMatchObject({ found: "complete", tables });
  });

  it("fills a store that was opened and never used", async () => {
    const url = await newDatabase();
    await (await open(url)).close();

    expect((await move(file, url)).found).toBe("empty");
  });

  it("leaves the source as it is", async () => {
    const copy = copyOf(file);
    execOn(copy, "PRAGMA wal_checkpoint(TRUNCATE)");
    const [bytes, time] = [readFileSync(copy), statSync(copy).mtimeMs];
    const [source, target] = [await openMoveSource(copy), await openMoveTarget(newFile())];
    await moveStore(source, target, { copying() {}, verifying() {}, step() {} });
    await source.close();
    await target.close();

    expect(statSync(copy).mtimeMs).toBe(time);
    expect(readFileSync(copy).equals(bytes)).toBe(true);
  });
});

function execOn(file: string, sql: string): void {
  const engine = openEngine(file);
  engine.exec(sql);
  engine.close();
}

describe.skipIf(lacks("PostgreSQL"))("moveStore refuses", () => {
  let file = "";
  beforeAll(async () => {
    file = await filled(newFile());
  });

  it("a source that is not there, and makes none", async () => {
    const missing = newFile();

    await expect(move(missing, newFile())).rejects.toThrow(`Cannot move the store "${missing}": there is no such file`);
    expect(existsSync(missing)).toBe(false);
    await expect(move(await newDatabase(), newFile())).rejects.toThrow(
      /^Cannot move the store ".*": there is no store in it/,
    );
  });

  it("a source and a target that are something else", async () => {
    const other = newFile();
    execOn(other, "CREATE TABLE invoice (number bigint)");

    await expect(move(other, newFile())).rejects.toThrow(/^Cannot open ".*": it is another program's database$/);
    await expect(move(file, other)).rejects.toThrow("it is another program's database");
    const url = await newDatabase();
    const server = await openMoveTarget(url);
    await server.transaction((connection) => connection.query("CREATE TABLE change (number bigint)"));
    await server.close();
    await expect(move(file, url)).rejects.toThrow('its table "change" belongs to another program');
  });

  it("a target with devices of its own", async () => {
    for (const target of [newFile(), await newDatabase()]) {
      const store = await open(target);
      await store.ingest([messageOf(complete({ thing: "another" }))]);
      await store.close();

      await expect(move(file, target)).rejects.toThrow("it is a store with 1 device already; name one that is empty");
    }
  });

  it("to mix two sources, and to continue with one that has changed since the move began", async () => {
    const [target, other, changing] = [await newDatabase(), await filled(newFile()), await filled(newFile())];
    await expect(move(file, target, killedAt(4, "behind"))).rejects.toThrow("killed");
    await expect(move(other, target)).rejects.toThrow(`it holds a part of "${file}"; go on with that one`);

    const second = newFile();
    await expect(move(changing, second, killedAt(4, "behind"))).rejects.toThrow("killed");
    const store = await open(changing);
    await store.ingest([messageOf(complete({ sequence: 9 }))]);
    await store.close();
    await expect(move(changing, second)).rejects.toThrow(`"${changing}" has changed since it began`);
  });

  it("to finish when a row differs from the source's, in either store", async () => {
    for (const target of [newFile(), await newDatabase()]) {
      const meddling: Wrap = (end) => ({
        ...end,
        insert: (connection, table, rows) =>
          end.insert(connection, table, table.name === "report" ? rows.map((row) => ({ ...row, seal: "x" })) : rows),
      });

      await expect(move(file, target, meddling)).rejects.toThrow(
        /^Cannot end the move to ".*": table "report" has \d+ rows \(SHA-256 .*\), ".*" \d+ rows/,
      );
      await expect(open(target)).rejects.toThrow("a move into it has not ended");
      await expect(move(target, newFile())).rejects.toThrow("a move into it has not ended; end that one first");
    }
  });

  it("a file that a receiver has open, and lets no receiver open it during the move", async () => {
    const copy = copyOf(file);
    const receiver = openEngine(copy);
    receiver.exec("SELECT * FROM thing");
    await expect(openMoveSource(copy)).rejects.toThrow(
      `Cannot move the store "${copy}": another program has it open; stop the receiver, and run this again`,
    );
    receiver.close();

    const source = await openMoveSource(copy);
    expect(() => execOn(copy, "SELECT * FROM thing")).toThrow(/locked/);
    await source.close();
  });

  it("a database that a receiver uses or another program writes to, and lets none write during the move", async () => {
    const url = await newDatabase();
    const store = await openPostgres(url);
    const taken = new Promise<void>((resolve) => {
      store.peers.seek("retention", {
        isAble: () => true,
        begin: () => {
          resolve();
          return { stop: async () => undefined };
        },
      });
    });
    await taken;
    await expect(openMoveSource(url)).rejects.toThrow(
      'Cannot move the store "postgres:///postgres": a receiver or another move uses it; stop the receivers, and run this again',
    );
    await store.close();

    const source = await openMoveSource(url);
    const other = await openMoveTarget(url);
    const write = async (connection: Connection) => {
      await connection.query("SET LOCAL lock_timeout = 1");
      await connection.query("INSERT INTO thing (thing) VALUES ('x')");
    };
    await expect(other.transaction(write)).rejects.toThrow("lock timeout");
    expect(await source.all("SELECT count(*) AS count FROM thing")).toEqual([{ count: 0 }]);
    await source.close();
    await other.transaction(write);
    await other.close();
  });

  it("texts packed with a dictionary that this program does not have", async () => {
    const source = await filled(newFile());
    const store = await open(source);
    await store.write([{ sql: "UPDATE report SET dictionary = 99 WHERE thing = 'box-1' AND sequence = 2" }]);
    await store.close();

    await expect(move(source, newFile())).rejects.toThrow(
      'Cannot move table "report": it has texts packed with dictionary 99, which this packdrift does not have',
    );
  });

  it("stores of a later version", async () => {
    const source = await filled(newFile());
    const store = await open(source);
    await store.write([{ sql: "UPDATE store_version SET number = 77" }]);
    await store.close();

    await expect(move(source, newFile())).rejects.toThrow("its version is 77, this packdrift knows up to");
    await expect(open(source)).rejects.toThrow("its version is 77, this packdrift knows up to");
    expect(MOVING).toBeGreaterThan(1_000 * STORE_VERSION);
  });

  it("a second move into the same store at the same time, and loses nothing of either", async () => {
    const target = await newDatabase();
    let count = 0;
    const meeting: Wrap = (end) => ({
      ...end,
      async transaction(work) {
        count += 1;
        if (count === 3) await expect(move(file, target, killedAt(1, "behind"))).rejects.toThrow("killed");
        return end.transaction(work);
      },
    });

    await expect(move(file, target, meeting)).rejects.toThrow("another one fills the same store");
    const { found, tables } = await move(file, target);
    expect({ found, tables }).toEqual({ found: "begun", tables: (await move(file, newFile())).tables });
  });

  it("to move a store to itself, whatever its path", () => {
    expect(isSameStore(file, join(folder, "..", folder.split("/").at(-1) ?? "", file.split("/").at(-1) ?? ""))).toBe(
      true,
    );
    expect(isSameStore(file, newFile())).toBe(false);
  });
});
