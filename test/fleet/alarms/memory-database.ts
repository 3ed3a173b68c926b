import { DatabaseSync } from "@photostructure/sqlite";
import type { Database, Row, SqlValue, Statement } from "../../../src/fleet/store/database.js";
import { MIGRATIONS } from "../../../src/fleet/store/schema.js";

/** The fleet's tables in memory: the same engine as the store's, without its workers and file. */
export function memoryDatabase(): Database {
  const engine = new DatabaseSync(":memory:");
  const create = MIGRATIONS.join("\n").replaceAll("{blob}", "blob").replaceAll("{clustered}", "WITHOUT ROWID");
  engine.exec(create);
  const rowsOf = (sql: string, parameters: readonly SqlValue[]): readonly Row[] =>
    engine.prepare(sql.replace(/\$(\d+)/g, "?$1")).all(...parameters) as unknown as readonly Row[];
  return {
    async all(sql, parameters = []) {
      return rowsOf(sql, parameters);
    },
    async write(statements: readonly Statement[]) {
      engine.exec("BEGIN");
      try {
        const rows = statements.map(({ sql, parameters = [] }) => rowsOf(sql, parameters));
        engine.exec("COMMIT");
        return rows;
      } catch (error) {
        engine.exec("ROLLBACK");
        throw error;
      }
    },
    async close() {
      engine.close();
    },
  };
}
