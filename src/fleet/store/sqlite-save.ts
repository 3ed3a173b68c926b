import type { WriteSet } from "../ingest/write-set.js";
import type { Row } from "./database.js";
import type { TableName } from "./rows.js";
import type { EngineStatement } from "./sqlite-engine.js";
import { TABLES } from "./store-tables.js";
import { upsertOf } from "./upsert.js";

const TABLE_NAMES = Object.keys(TABLES) as TableName[];
const COLUMNS: ReadonlyMap<TableName, readonly string[]> = new Map(
  TABLE_NAMES.map((table) => [table, Object.keys(TABLES[table].columns)]),
);
const UPSERTS: ReadonlyMap<TableName, string> = new Map(
  TABLE_NAMES.map((table) => [table, upsertOf(table, valuesFor(table))]),
);

/** Writes rows in the open transaction. */
export function saveRows(prepared: (sql: string) => EngineStatement, writes: WriteSet): void {
  for (const table of TABLE_NAMES) {
    for (const row of writes.removed(table) as unknown as Row[]) {
      prepared(`DELETE FROM ${table} WHERE ${keyIs(table, 1)}`).run(...keyOf(table, row));
    }
    for (const { row, before } of writes.changes(table)) {
      if (before === null) insert(prepared, table, row as unknown as Row);
      else update(prepared, table, row as unknown as Row, before as unknown as Row);
    }
  }
}

function insert(prepared: (sql: string) => EngineStatement, table: TableName, row: Row): void {
  prepared(UPSERTS.get(table) ?? "").run(...columnsOf(table).map((name) => row[name] ?? null));
}

/** Sets only columns that have changed: SQLite rewrites an index if one of its columns is set, changed or not. */
function update(prepared: (sql: string) => EngineStatement, table: TableName, row: Row, before: Row): void {
  const changed = columnsOf(table).filter((name) => row[name] !== before[name]);
  if (changed.length === 0) return;
  prepared(updateOf(table, changed)).run(...changed.map((name) => row[name] ?? null), ...keyOf(table, row));
}

function updateOf(table: TableName, columns: readonly string[]): string {
  const name = `${table} ${columns.join()}`;
  const known = updates.get(name);
  if (known !== undefined) return known;
  const set = columns.map((column, at) => `${column} = $${at + 1}`).join(", ");
  const sql = `UPDATE ${table} SET ${set} WHERE ${keyIs(table, columns.length + 1)}`;
  if (updates.size >= MOST_UPDATES) updates.clear();
  updates.set(name, sql);
  return sql;
}

/**
 * The texts of statements by table and columns. Few combinations occur, and building and looking up a new text each
 * time takes longer.
 */
const updates = new Map<string, string>();
const MOST_UPDATES = 200;

function columnsOf(table: TableName): readonly string[] {
  return COLUMNS.get(table) ?? [];
}

function keyIs(table: TableName, from: number): string {
  return TABLES[table].key.map((name, at) => `${name} = $${from + at}`).join(" AND ");
}

function keyOf(table: TableName, row: Row) {
  return TABLES[table].key.map((name) => row[name] ?? null);
}

function valuesFor(table: TableName): string {
  return `VALUES (${columnsOf(table)
    .map((_, at) => `$${at + 1}`)
    .join(", ")})`;
}
