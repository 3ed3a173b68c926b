import type { WriteSet } from "../ingest/write-set.js";
import type { Row, SqlValue } from "./database.js";
import { type Rows, TABLES, type TableName } from "./rows.js";
import type { EngineStatement } from "./sqlite-engine.js";
import { upsertOf } from "./upsert.js";

const TABLE_NAMES = Object.keys(TABLES) as TableName[];
const COLUMNS: ReadonlyMap<TableName, readonly string[]> = new Map(
  TABLE_NAMES.map((table) => [table, Object.keys(TABLES[table].columns)]),
);
const UPSERTS: ReadonlyMap<TableName, string> = new Map(
  TABLE_NAMES.map((table) => [table, upsertOf(table, valuesFor(table))]),
);

/** Writes rows in the transaction that is open. */
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

/** A copy of a row that is quick to copy again: those of the engine have no prototype, and spreading one takes fifty times as long. */
export function ownRow<Name extends TableName>(table: Name, row: Row): Rows[Name] {
  const copy: Record<string, SqlValue> = {};
  for (const name of columnsOf(table)) copy[name] = row[name] ?? null;
  return copy as unknown as Rows[Name];
}

function insert(prepared: (sql: string) => EngineStatement, table: TableName, row: Row): void {
  prepared(UPSERTS.get(table) ?? "").run(...columnsOf(table).map((name) => row[name] ?? null));
}

/** Names only what has changed: SQLite writes an index anew as soon as one of its columns is named, changed or not. */
function update(prepared: (sql: string) => EngineStatement, table: TableName, row: Row, before: Row): void {
  const changed = columnsOf(table).filter((name) => row[name] !== before[name]);
  if (changed.length === 0) return;
  const set = changed.map((name, at) => `${name} = $${at + 1}`).join(", ");
  prepared(`UPDATE ${table} SET ${set} WHERE ${keyIs(table, changed.length + 1)}`).run(
    ...changed.map((name) => row[name] ?? null),
    ...keyOf(table, row),
  );
}

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
