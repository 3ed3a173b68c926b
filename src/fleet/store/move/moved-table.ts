import type { Row, SqlValue } from "../database.js";

/** A table whose rows are moved, as its engine describes it. */
export interface MovedTable {
  readonly name: string;
  /** Sorted by name, so that both engines list them alike. */
  readonly columns: readonly { readonly name: string; readonly type: "text" | "bigint" | "blob" }[];
  /** The columns of its primary key, in whose order rows are read: both engines sort texts by their bytes. */
  readonly key: readonly string[];
}

const TYPES: Readonly<Record<string, MovedTable["columns"][number]["type"]>> = {
  text: "text",
  bigint: "bigint",
  blob: "blob",
  bytea: "blob",
};

/**
 * Reads tables from an engine's catalogue, in the order of `names`; one that is not listed has no columns. The
 * catalogue lists the columns of each table `name` as `field` and `type`; `position` is a column's position in the
 * primary key, from 0, and -1 outside of it.
 */
export function movedTables(names: readonly string[], catalogue: readonly Row[]): readonly MovedTable[] {
  const listed = catalogue.map(({ name, field, type, position }) => ({
    ...{ name: String(name), field: String(field) },
    ...{ type: String(type), position: Number(position) },
  }));
  return names.map((name) => {
    const own = listed.filter((column) => column.name === name);
    const inKey = own.filter(({ position }) => position >= 0).sort((a, b) => a.position - b.position);
    const columns = own.map(({ field, type }) => ({ name: field, type: TYPES[type] ?? "text" }));
    return {
      name,
      columns: columns.sort((a, b) => (a.name < b.name ? -1 : 1)),
      key: inKey.map(({ field }) => field),
    };
  });
}

/**
 * Selects a page of a table's rows in the order of its key: the first page, or the rows after the key given by the
 * first parameters. The last parameter is the number of rows, so that a table's pages need no more than two statements.
 */
export function selectPage({ name, columns, key }: MovedTable, isFirst: boolean): string {
  const limit = isFirst ? 1 : key.length + 1;
  const behind = isFirst ? "" : ` WHERE (${key.join(", ")}) > (${key.map((_, at) => `$${at + 1}`).join(", ")})`;
  const selected = columns.map((column) => column.name).join(", ");
  return `SELECT ${selected} FROM ${name}${behind} ORDER BY ${key.join(", ")} LIMIT $${limit}`;
}

/** The key of a row, to continue after it. */
export function primaryKeyOf({ key }: MovedTable, row: Row): readonly SqlValue[] {
  return key.map((name) => row[name] ?? null);
}
