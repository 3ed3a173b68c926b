import type { Row, SqlStatement } from "../../../src/fleet/store/database.js";

/** Adds a row to a table. */
export function insertion(table: string, row: Row): SqlStatement {
  const columns = Object.keys(row);
  const values = columns.map((_, at) => `$${at + 1}`);
  return {
    sql: `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${values.join(", ")})`,
    parameters: Object.values(row),
  };
}
