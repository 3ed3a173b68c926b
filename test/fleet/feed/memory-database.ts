import { DatabaseSync } from "@photostructure/sqlite";
import type { Database, Row, SqlStatement, SqlValue } from "../../../src/fleet/store/database.js";
import { MIGRATIONS } from "../../../src/fleet/store/schema.js";
import { inSqlite } from "../../../src/fleet/store/sqlite-statements.js";

/** The fleet's tables in this process, for tests of what only sends statements; `fail` makes every call throw. */
export function memoryDatabase() {
  const database = new DatabaseSync(":memory:");
  for (const migration of MIGRATIONS) {
    database.exec(migration.replaceAll("{clustered}", "WITHOUT ROWID").replaceAll("{blob}", "blob"));
  }
  let trouble: Error | null = null;
  const run = (sql: string, parameters: readonly SqlValue[] = []): Row[] => {
    const statement = database.prepare(inSqlite(sql));
    return statement.all(...parameters) as Row[];
  };
  const settle = async <T>(action: () => T): Promise<T> => {
    if (trouble !== null) throw trouble;
    return action();
  };
  const all: Database["all"] = (sql, parameters) => settle(() => run(sql, parameters));
  const port: Database = {
    all,
    scans: { all },
    write: (statements: readonly SqlStatement[]) =>
      settle(() => {
        database.exec("BEGIN");
        try {
          const rows = statements.map(({ sql, parameters }) => run(sql, parameters));
          database.exec("COMMIT");
          return rows;
        } catch (error) {
          database.exec("ROLLBACK");
          throw error;
        }
      }),
    async close() {
      database.close();
    },
  };
  return {
    ...port,
    run,
    /** Inserts a row; columns that must have a value and are not named get an empty one. */
    insert(table: string, values: Readonly<Record<string, SqlValue>>): void {
      const needed = run(`SELECT name, type FROM pragma_table_info('${table}') WHERE "notnull" = 1 OR pk > 0`);
      const empty = needed.map(({ name, type }) => [String(name), type === "bigint" ? 0 : ""]);
      const row: Record<string, SqlValue> = { ...Object.fromEntries(empty), ...values };
      const names = Object.keys(row);
      run(
        `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map((_, at) => `$${at + 1}`).join(", ")})`,
        Object.values(row),
      );
    },
    fail: (error: Error | null) => {
      trouble = error;
    },
  };
}
