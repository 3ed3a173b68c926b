import type { Rows, TableName } from "../store/rows.js";
import { TABLES } from "../store/store-tables.js";

export interface Change<R> {
  readonly row: R;
  readonly before: R | null;
}

/** Rows to write, by table: each key once, with its newest row. A null deletes the row. */
export class WriteSet {
  private readonly tables = new Map<TableName, Map<string, Rows[TableName] | null>>();
  private readonly keys = new Map<TableName, Map<string, Partial<Rows[TableName]>>>();
  private readonly loaded = new Map<TableName, Map<string, Rows[TableName]>>();

  /** Adds rows that the store has, for `changes` to compare with. */
  know<Name extends TableName>(table: Name, rows: readonly Rows[Name][]): void {
    const known = this.loaded.get(table) ?? new Map();
    for (const row of rows) known.set(keyOf(table, row), row);
    this.loaded.set(table, known);
  }

  put<Name extends TableName>(table: Name, row: Rows[Name]): void {
    this.of(table).set(keyOf(table, row), row);
  }

  /** `row`: its key at least. */
  remove<Name extends TableName>(table: Name, row: Partial<Rows[Name]>): void {
    const key = keyOf(table, row);
    this.of(table).set(key, null);
    const keys = this.keys.get(table) ?? new Map();
    this.keys.set(table, keys.set(key, row));
  }

  /** The rows to insert, or to update if their key exists. */
  rows<Name extends TableName>(table: Name): readonly Rows[Name][] {
    return [...(this.tables.get(table)?.values() ?? [])].filter((row) => row !== null) as Rows[Name][];
  }

  /** The same rows, each with the stored row if that is known. */
  changes<Name extends TableName>(table: Name): readonly Change<Rows[Name]>[] {
    const known = this.loaded.get(table);
    const changes: Change<Rows[Name]>[] = [];
    for (const [key, row] of this.tables.get(table) ?? []) {
      if (row !== null) changes.push({ row, before: known?.get(key) ?? null } as Change<Rows[Name]>);
    }
    return changes;
  }

  /** Rows whose keys are to be deleted. */
  removed<Name extends TableName>(table: Name): readonly Rows[Name][] {
    const rows = this.tables.get(table);
    return [...(this.keys.get(table) ?? [])]
      .filter(([key]) => rows?.get(key) === null)
      .map(([, row]) => row as Rows[Name]);
  }

  private of(table: TableName): Map<string, Rows[TableName] | null> {
    const rows = this.tables.get(table) ?? new Map();
    this.tables.set(table, rows);
    return rows;
  }
}

function keyOf<Name extends TableName>(table: Name, row: Partial<Rows[Name]>): string {
  const { key } = TABLES[table];
  if (key.length === 1) return String(row[key[0] as keyof Rows[Name]]);
  return key.map((column) => row[column as keyof Rows[Name]]).join("\0");
}
