import { createHash } from "node:crypto";
import type { Reader, Row } from "../database.js";
import type { MovedTable } from "./moved-table.js";
import { tablePages } from "./table-pages.js";

/** The content of a table: how many rows, and the SHA-256 over all of them in the order of its key, hexadecimal. */
export interface TableDigest {
  readonly name: string;
  readonly rows: number;
  readonly digest: string;
}

/** Reads a whole table; `read` is called with the number of rows of each page. */
export async function digestTable(
  from: Reader,
  table: MovedTable,
  read: (rows: number) => void = () => undefined,
): Promise<TableDigest> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const rows of tablePages(from, table)) {
    for (const row of rows) for (const part of encoded(table, row)) hash.update(part);
    count += rows.length;
    read(rows.length);
  }
  return { name: table.name, rows: count, digest: hash.digest("hex") };
}

/**
 * A row as bytes: JSON of its values in the order of its columns, with lengths in place of bytes; then these bytes. No
 * two different rows have the same.
 */
export function encoded({ columns }: Pick<MovedTable, "columns">, row: Row): readonly (string | Uint8Array)[] {
  const values = columns.map(({ name }) => row[name] ?? null);
  const bytes = values.filter((value) => value instanceof Uint8Array);
  const shown = values.map((value) => (value instanceof Uint8Array ? [value.byteLength] : value));
  return [`${JSON.stringify(shown)}\n`, ...bytes];
}
