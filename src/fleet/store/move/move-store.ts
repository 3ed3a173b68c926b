import { ExpectedError, isLanguageError } from "../../../base/errors.js";
import { reasonOf } from "../../../base/system-errors.js";
import { countOf } from "../../../base/text.js";
import type { Reader } from "../database.js";
import { assertKnownVersion, MOVING, STORE_VERSION, StoreError, tablesOf } from "../migrate.js";
import { hasDictionary } from "../packing.js";
import type { MoveEnd, MoveTarget } from "./move-end.js";
import {
  type Cursor,
  dropNotes,
  type MoveSource,
  makeNotes,
  moveCursor,
  readCursor,
  readMoveSource,
} from "./move-notes.js";
import { type MovedTable, primaryKeyOf } from "./moved-table.js";
import { digestTable, type TableDigest } from "./table-digest.js";
import { tablePages } from "./table-pages.js";

/** Observes the progress of a move. */
export interface MoveWatch {
  /** Called before the first row: how many there are, and how many of them an earlier run has moved. */
  copying(rows: number, moved: number): void;
  /** Called before the moved rows are compared with those of the source. */
  verifying(rows: number): void;
  /** Called when this many more rows were moved or compared. */
  step(rows: number): void;
}

/** How many rows are in the target now, and in the source. */
export interface Moved {
  readonly tables: readonly TableDigest[];
  /**
   * The state in which this run found the target: without rows, with some that an earlier run had moved, or with all of
   * them.
   */
  readonly found: "empty" | "begun" | "complete";
}

/**
 * Moves all rows of a store into one that is empty or that an earlier run has begun to fill, and compares both. Until
 * they are the same, the target's version number is one that no packdrift opens. It gets the source's version first,
 * and this program's at the end. Nothing in the source is changed. Throws StoreError.
 */
export async function moveStore(source: MoveEnd, target: MoveTarget, watch: MoveWatch): Promise<Moved> {
  try {
    return await move(source, target, watch);
  } catch (error) {
    if (error instanceof ExpectedError || isLanguageError(error)) throw error;
    // The error comes from an engine: a lost connection, a full disk.
    const fix = "run the same command again to resume it";
    throw new StoreError(`Cannot end the move to "${target.name}": ${reasonOf(error)}; ${fix}`, { cause: error });
  }
}

async function move(source: MoveEnd, target: MoveTarget, watch: MoveWatch): Promise<Moved> {
  const version = await sourceVersion(source);
  const tables = await source.tables(tablesOf(version));
  const origin = { name: source.name, mark: await markOf(source) };
  const found = await prepare(target, version, tables, origin);
  assertAlike(tables, await target.tables(tablesOf(version)), source, target);
  if (found !== "complete") await copy(source, target, tables, watch);
  const verified = await verify(source, target, tables, watch);
  if (found !== "complete") await release(target, version);
  return { tables: verified, found };
}

async function sourceVersion(source: MoveEnd): Promise<number> {
  const version = await source.version();
  if (version === null || version < 1)
    throw new StoreError(`Cannot move the store "${source.name}": there is no store in it`);
  if (version > MOVING)
    throw new StoreError(`Cannot move the store "${source.name}": a move into it has not ended; end that one first`);
  assertKnownVersion(version, `Cannot move the store "${source.name}"`);
  return version;
}

/** What changes when a receiver stores something: its totals, and when it last heard a device. */
async function markOf(store: Reader): Promise<string> {
  const totals = await store.all("SELECT name, sum(value) AS value FROM total GROUP BY name ORDER BY name");
  const [heard] = await store.all("SELECT max(last_heard) AS at FROM thing");
  return JSON.stringify([...totals.map(({ name, value }) => [name, value]), heard?.at ?? null]);
}

/** Prepares the target. Throws StoreError if it has anything but rows of this source. */
async function prepare(
  target: MoveTarget,
  version: number,
  tables: readonly MovedTable[],
  origin: MoveSource,
): Promise<Moved["found"]> {
  const number = await target.version();
  if (number !== null && number > MOVING) {
    assertSameOrigin(target, await readMoveSource(target), origin, { begun: number - MOVING, now: version });
    return "begun";
  }
  // At its end, a move has migrated the target to this program's version.
  const isReadable = number === version || number === STORE_VERSION;
  const isUnused = isReadable && (await isEmpty(target, tables));
  if (number !== null && !(number === version && isUnused)) {
    if (isReadable && !isUnused && (await markOf(target)) === origin.mark) return "complete";
    throw new StoreError(`Cannot move to "${target.name}": ${await whyInUse(target, number, { ...origin, version })}`);
  }
  await target.transaction(async (connection) => {
    if (number === null) await target.create(connection, version);
    await makeNotes(
      connection,
      origin,
      tables.map(({ name }) => name),
    );
    await connection.query("UPDATE store_version SET number = $1", [MOVING + version]);
  });
  return "empty";
}

/** Why a store cannot be filled, and what to do. */
async function whyInUse(
  target: MoveEnd,
  number: number,
  source: { readonly name: string; readonly version: number },
): Promise<string> {
  const [counted] = await target.all("SELECT count(*) AS count FROM thing");
  const things = Number(counted?.count);
  if (things > 0 || number === source.version)
    return `it is a store with ${countOf(things, "device")} already; name one that is empty`;
  const versions = `it is an empty store of version ${number}, "${source.name}" is of version ${source.version}`;
  const older = number < source.version ? target.name : source.name;
  return `${versions}; start "packdrift fleet" with "${older}" once, or name a target without tables`;
}

/** `versions`: those of the source, when the move began and now. */
function assertSameOrigin(
  target: MoveEnd,
  begun: MoveSource,
  origin: MoveSource,
  versions: { readonly begun: number; readonly now: number },
): void {
  const fix = "empty the target, and begin again";
  if (begun.name !== origin.name)
    throw new StoreError(
      `Cannot move to "${target.name}": it holds a part of "${begun.name}"; go on with that one, or ${fix}`,
    );
  if (begun.mark !== origin.mark)
    throw new StoreError(
      `Cannot go on with the move to "${target.name}": "${origin.name}" has changed since it began; ${fix}`,
    );
  if (versions.begun !== versions.now)
    throw new StoreError(
      `Cannot go on with the move to "${target.name}": "${origin.name}" was of version ${versions.begun} when it began, and is of version ${versions.now} now; ${fix}`,
    );
}

async function isEmpty(store: Reader, tables: readonly MovedTable[]): Promise<boolean> {
  for (const { name } of tables) if ((await store.all(`SELECT 1 AS one FROM ${name} LIMIT 1`)).length > 0) return false;
  return true;
}

function assertAlike(
  ours: readonly MovedTable[],
  others: readonly MovedTable[],
  source: MoveEnd,
  target: MoveEnd,
): void {
  for (const [at, table] of ours.entries()) {
    if (table.columns.length > 0 && JSON.stringify(table) === JSON.stringify(others[at])) continue;
    throw new StoreError(
      `Cannot move "${source.name}" to "${target.name}": table "${table.name}" does not have the same columns in both`,
    );
  }
}

async function copy(
  source: MoveEnd,
  target: MoveTarget,
  tables: readonly MovedTable[],
  watch: MoveWatch,
): Promise<void> {
  let rows = 0;
  let moved = 0;
  const cursors = new Map<MovedTable, Cursor>();
  for (const table of tables) {
    const [counted] = await source.all(`SELECT count(*) AS count FROM ${table.name}`);
    const cursor = await readCursor(target, table.name);
    rows += Number(counted?.count);
    moved += cursor.rows;
    cursors.set(table, cursor);
  }
  watch.copying(rows, moved);
  for (const [table, cursor] of cursors) await copyTable(source, target, table, cursor, watch);
}

async function copyTable(
  source: MoveEnd,
  target: MoveTarget,
  table: MovedTable,
  from: Cursor,
  watch: MoveWatch,
): Promise<void> {
  let cursor = from;
  for await (const rows of tablePages(source, table, cursor.after)) {
    const unknown = rows.find(({ dictionary }) => typeof dictionary === "number" && !hasDictionary(dictionary));
    if (unknown !== undefined)
      throw new StoreError(
        `Cannot move table "${table.name}": it has texts packed with dictionary ${unknown.dictionary}, which this packdrift does not have; use a later one`,
      );
    const end = rows.at(-1);
    const next = {
      rows: cursor.rows + rows.length,
      after: end === undefined ? cursor.after : primaryKeyOf(table, end),
    };
    const before = cursor;
    await target.transaction(async (connection) => {
      await moveCursor(connection, table.name, before, next);
      await target.insert(connection, table, rows);
    });
    cursor = next;
    watch.step(rows.length);
  }
}

/** Reads both completely. Throws StoreError if a table is not the same in both. */
async function verify(
  source: MoveEnd,
  target: MoveEnd,
  tables: readonly MovedTable[],
  watch: MoveWatch,
): Promise<readonly TableDigest[]> {
  let total = 0;
  for (const { name } of tables) total += Number((await target.all(`SELECT count(*) AS count FROM ${name}`))[0]?.count);
  watch.verifying(total);
  const verified: TableDigest[] = [];
  for (const table of tables) {
    const [expected, actual] = await Promise.all([
      digestTable(source, table),
      digestTable(target, table, (rows) => watch.step(rows)),
    ]);
    if (expected.rows !== actual.rows || expected.digest !== actual.digest)
      throw new StoreError(
        `Cannot end the move to "${target.name}": table "${table.name}" has ${shown(actual)}, "${source.name}" ${shown(expected)}; the source was written to since the move began, or the target was: empty the target, and begin again`,
      );
    verified.push(actual);
  }
  return verified;
}

function shown({ rows, digest }: TableDigest): string {
  return `${countOf(rows, "row")} (SHA-256 ${digest.slice(0, 12)}…)`;
}

/** Turns the target into an ordinary store. */
async function release(target: MoveTarget, version: number): Promise<void> {
  await target.transaction(async (connection) => {
    await connection.query("UPDATE store_version SET number = $1", [version]);
    await dropNotes(connection);
  });
  await target.migrate();
}
