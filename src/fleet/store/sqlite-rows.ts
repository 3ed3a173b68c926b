import type { TableName } from "./rows.js";
import { TABLES } from "./store-tables.js";

/**
 * Selects whole rows of a table, each as a string of JSON to be parsed: that takes two thirds of the time of having the engine make
 * the row, and such a row is quick to copy, while to spread the engine's, which has no prototype, takes fifty times as long.
 * Not for tables with bytes.
 */
export function rowsWhere(table: TableName, where: string): string {
  const members = Object.keys(TABLES[table].columns).map((name) => `'${name}', ${name}`);
  return `SELECT json_object(${members.join(", ")}) AS text FROM ${table} WHERE ${where}`;
}
