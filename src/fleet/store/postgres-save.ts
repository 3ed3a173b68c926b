import type { WriteSet } from "../ingest/write-set.js";
import type { Row, SqlValue } from "./database.js";
import type { Connection } from "./postgres-engine.js";
import { TABLES, type TableName } from "./rows.js";
import { upsertOf } from "./upsert.js";

const TABLE_NAMES = Object.keys(TABLES) as TableName[];
const TYPES = { text: "text", bigint: "bigint", blob: "bytea" } as const;

/** Writes rows, one statement for each table. Rows go in the order of their keys, so that receivers wait for each other in one order. */
export async function save(connection: Connection, writes: WriteSet): Promise<void> {
  for (const table of TABLE_NAMES) {
    await deleteRows(connection, table, writes.removed(table) as unknown as Row[]);
    await upsertRows(connection, table, writes.rows(table) as unknown as Row[]);
  }
}

async function upsertRows(connection: Connection, table: TableName, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { columns, key } = TABLES[table];
  const names = Object.keys(columns);
  const types = names.map((name) => TYPES[columns[name as keyof typeof columns]]);
  const unnested = types.map((type, at) => `$${at + 1}::${type}[]`).join(", ");
  const sorted = [...rows].sort((a, b) => compareKeys(key, a, b));
  const values = names.map((name) => sorted.map((row) => bound(row[name] ?? null)));
  await connection.query(upsertOf(table, `SELECT * FROM unnest(${unnested})`), values);
}

async function deleteRows(connection: Connection, table: TableName, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { columns, key } = TABLES[table];
  const keys = key.map(
    (name, at) => `$${at + 1}::${TYPES[(columns as Record<string, keyof typeof TYPES>)[name] ?? "text"]}[]`,
  );
  const values = key.map((name) => rows.map((row) => row[name] ?? null));
  await connection.query(
    `DELETE FROM ${table} WHERE (${key.join(", ")}) IN (SELECT * FROM unnest(${keys.join(", ")}))`,
    values,
  );
}

function bound(value: SqlValue): SqlValue | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

function compareKeys(key: readonly string[], a: Row, b: Row): number {
  for (const name of key) {
    const [one, other] = [a[name] ?? "", b[name] ?? ""];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
