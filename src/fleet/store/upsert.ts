import type { TableName } from "./rows.js";
import { TABLES } from "./store-tables.js";

/** Columns that the intake only reads, since others write them. */
const OF_OTHERS: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  thing: ["expected", "facts_asked_at"],
  epoch: ["acked"],
};

/** Inserts rows with all columns, or updates existing ones. `rows`: `VALUES (…)` or a SELECT. */
export function upsertOf(table: TableName, rows: string): string {
  const { columns, key } = TABLES[table];
  const names = Object.keys(columns);
  const fixed: readonly string[] = [...key, ...(OF_OTHERS[table] ?? [])];
  const others = names.filter((name) => !fixed.includes(name));
  const update =
    others.length === 0 ? "NOTHING" : `UPDATE SET ${others.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  return `INSERT INTO ${table} (${names.join(", ")}) ${rows} ON CONFLICT (${key.join(", ")}) DO ${update}`;
}
