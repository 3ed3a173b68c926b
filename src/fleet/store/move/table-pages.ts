import type { Reader, Row, SqlValue } from "../database.js";
import { type MovedTable, primaryKeyOf, selectPage } from "./moved-table.js";

/** The approximate size of a page in bytes: rows of some tables have 50 bytes, of others a mebibyte. */
const PAGE_BYTES = 1_048_576;
const MOST_ROWS = 1_000;
const FIRST_ROWS = 50;

/** Yields a table's rows in the order of its key, page by page, starting after the row with this key. */
export async function* tablePages(
  from: Reader,
  table: MovedTable,
  after: readonly SqlValue[] | null = null,
): AsyncGenerator<readonly Row[]> {
  let [last, limit] = [after, FIRST_ROWS];
  for (;;) {
    const rows = await from.all(selectPage(table, last === null), [...(last ?? []), limit]);
    const end = rows.at(-1);
    if (end === undefined) return;
    yield rows;
    if (rows.length < limit) return;
    last = primaryKeyOf(table, end);
    limit = nextLimit(rows);
  }
}

/** How many rows of this size make a page. */
export function nextLimit(rows: readonly Row[]): number {
  const bytes = rows.reduce(
    (sum, row) => sum + Object.values(row).reduce<number>((of, value) => of + sizeOf(value), 0),
    0,
  );
  return Math.max(1, Math.min(MOST_ROWS, Math.floor((PAGE_BYTES * rows.length) / Math.max(1, bytes))));
}

function sizeOf(value: SqlValue): number {
  if (typeof value === "string") return value.length;
  return value instanceof Uint8Array ? value.byteLength : 8;
}
