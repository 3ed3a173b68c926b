import { groupBy } from "../../base/group-by.js";
import type { Change, WriteSet } from "../ingest/write-set.js";
import type { Row, SqlValue } from "./database.js";
import type { Connection } from "./postgres-engine.js";
import type { TableName } from "./rows.js";
import { TABLES } from "./store-tables.js";
import { upsertOf } from "./upsert.js";

const TABLE_NAMES = Object.keys(TABLES) as TableName[];
/** PostgreSQL's types, by the names that the tables use. */
export const COLUMN_TYPES = { text: "text", bigint: "bigint", blob: "bytea" } as const;

/**
 * Writes rows: one statement for all new rows of a table, and one for all rows in which the same columns have changed.
 * Rows are in the order of their keys, so that all receivers wait for each other in the same order.
 */
export async function save(connection: Connection, writes: WriteSet): Promise<void> {
  for (const table of TABLE_NAMES) {
    await deleteRows(connection, table, writes.removed(table) as unknown as Row[]);
    const changes = writes.changes(table) as unknown as readonly Change<Row>[];
    await upsertRows(
      connection,
      table,
      changes.flatMap(({ row, before }) => (before === null ? [row] : [])),
    );
    for (const [columns, rows] of byChangedColumns(table, changes)) await updateRows(connection, table, columns, rows);
  }
}

/** The existing rows, by the columns that have changed: usually few, and not the long ones. */
function byChangedColumns(table: TableName, changes: readonly Change<Row>[]): ReadonlyMap<string, readonly Row[]> {
  const names = Object.keys(TABLES[table].columns);
  const changed = changes.flatMap(({ row, before }) => {
    if (before === null) return [];
    const columns = names.filter((name) => row[name] !== before[name]).join();
    return columns === "" ? [] : [{ columns, row }];
  });
  return new Map(
    [...groupBy(changed, ({ columns }) => columns)].map(([columns, of]) => [columns, of.map(({ row }) => row)]),
  );
}

async function updateRows(
  connection: Connection,
  table: TableName,
  changed: string,
  rows: readonly Row[],
): Promise<void> {
  const { key } = TABLES[table];
  const columns = changed.split(",");
  const names = [...key, ...columns];
  const unnested = names.map((name, at) => `$${at + 1}::${typeOf(table, name)}[]`).join(", ");
  const set = columns.map((name) => `${name} = v.${name}`).join(", ");
  const same = key.map((name) => `t.${name} = v.${name}`).join(" AND ");
  const sql = `UPDATE ${table} t SET ${set} FROM unnest(${unnested}) v(${names.join(", ")}) WHERE ${same}`;
  await connection.query(sql, valuesOf(names, sortedByKey(key, rows)));
}

async function upsertRows(connection: Connection, table: TableName, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { columns, key } = TABLES[table];
  const names = Object.keys(columns);
  const unnested = names.map((name, at) => `$${at + 1}::${typeOf(table, name)}[]`).join(", ");
  const values = valuesOf(names, sortedByKey(key, rows));
  await connection.query(upsertOf(table, `SELECT * FROM unnest(${unnested})`), values);
}

async function deleteRows(connection: Connection, table: TableName, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { key } = TABLES[table];
  const keys = key.map((name, at) => `$${at + 1}::${typeOf(table, name)}[]`);
  await connection.query(
    `DELETE FROM ${table} WHERE (${key.join(", ")}) IN (SELECT * FROM unnest(${keys.join(", ")}))`,
    valuesOf(key, rows),
  );
}

function typeOf(table: TableName, column: string): string {
  return COLUMN_TYPES[(TABLES[table].columns as Readonly<Record<string, keyof typeof COLUMN_TYPES>>)[column] ?? "text"];
}

/** The values of each column. */
function valuesOf(names: readonly string[], rows: readonly Row[]) {
  return names.map((name) => rows.map((row) => boundValue(row[name] ?? null)));
}

function sortedByKey(key: readonly string[], rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => compareKeys(key, a, b));
}

/** The value as the client binds it. */
export function boundValue(value: SqlValue): SqlValue | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function compareKeys(key: readonly string[], a: Row, b: Row): number {
  for (const name of key) {
    const [one, other] = [a[name] ?? "", b[name] ?? ""];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
