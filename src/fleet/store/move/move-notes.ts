import { type JsonObject, jsonObjectIn } from "../../../base/json.js";
import type { Reader, SqlValue } from "../database.js";
import { StoreError } from "../migrate.js";
import type { Connection } from "../postgres-engine.js";

/** How much of a table has been moved: the number of rows, and the key of the last one. */
export interface Cursor {
  readonly rows: number;
  readonly after: readonly SqlValue[] | null;
}

/** The source of the rows. Rows of another source, or of one that has changed, must not be mixed in. */
export interface MoveSource {
  readonly name: string;
  /** Changes whenever a receiver stores something. */
  readonly mark: string;
}

/**
 * The notes of a move in its target, until it ends: its source, and the cursor of each table. A cursor is written in
 * the same transaction as the rows, so that the next run continues exactly after them.
 */
const MAKE = "CREATE TABLE move_note (name text PRIMARY KEY NOT NULL, value text NOT NULL)";
const START: Cursor = { rows: 0, after: null };

export async function makeNotes(connection: Connection, origin: MoveSource, tables: readonly string[]): Promise<void> {
  await connection.query(MAKE);
  const notes = [["source", origin] as const, ...tables.map((table) => [`table ${table}`, START] as const)];
  for (const [name, value] of notes)
    await connection.query("INSERT INTO move_note (name, value) VALUES ($1, $2)", [name, JSON.stringify(value)]);
}

export async function dropNotes(connection: Connection): Promise<void> {
  await connection.query("DROP TABLE move_note");
}

export async function readMoveSource(from: Reader): Promise<MoveSource> {
  const value = await readNote(from, "source");
  if (value === null) throw new StoreError("Cannot go on with the move: the note of its source is damaged");
  return { name: String(value.name), mark: String(value.mark) };
}

export async function readCursor(from: Reader, table: string): Promise<Cursor> {
  const value = await readNote(from, `table ${table}`);
  if (value === null || typeof value.rows !== "number")
    throw new StoreError(`Cannot go on with the move: the note of table "${table}" is damaged`);
  return { rows: value.rows, after: Array.isArray(value.after) ? (value.after as readonly SqlValue[]) : null };
}

async function readNote(from: Reader, name: string): Promise<JsonObject | null> {
  const [row] = await from.all("SELECT value FROM move_note WHERE name = $1", [name]);
  return row === undefined ? null : jsonObjectIn(String(row.value));
}

/** Advances a cursor, before its rows are written. Throws StoreError if another move has done so meanwhile. */
export async function moveCursor(connection: Connection, table: string, from: Cursor, to: Cursor): Promise<void> {
  const moved = await connection.query(
    "UPDATE move_note SET value = $3 WHERE name = $1 AND value = $2 RETURNING name",
    [`table ${table}`, JSON.stringify(from), JSON.stringify(to)],
  );
  if (moved.length === 0) throw new StoreError("Cannot go on with the move: another one fills the same store");
}
