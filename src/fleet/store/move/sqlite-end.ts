import { existsSync } from "node:fs";
import { messageOf } from "../../../base/errors.js";
import type { Row, SqlValue } from "../database.js";
import { migrationsFrom, SQLITE, StoreError, VERSION_TABLE } from "../migrate.js";
import type { Connection } from "../postgres-engine.js";
import { migrateEngine, prepareEngine } from "../sqlite-core.js";
import { type Engine, openEngine, rollBack } from "../sqlite-engine.js";
import { preparedOn } from "../sqlite-statements.js";
import { secureFile } from "../store-file.js";
import type { MoveEnd, MoveTarget } from "./move-end.js";
import { type MovedTable, movedTables } from "./moved-table.js";

/** The store in a file, which no other program may have open meanwhile, since what it stores would not be moved. */
export async function openSqliteSource(file: string): Promise<MoveEnd> {
  if (!existsSync(file)) throw new StoreError(`Cannot move the store "${file}": there is no such file`);
  secureFile(file);
  const engine = openEngine(file);
  try {
    // A receiver that is starting needs a moment.
    engine.exec("PRAGMA busy_timeout = 1000");
    engine.exec("PRAGMA locking_mode = EXCLUSIVE");
    engine.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    engine.close();
    throw new StoreError(`Cannot move the store "${file}": ${whyNotAlone(error)}`, { cause: error });
  }
  return endOn(engine, file, preparedOn(engine));
}

function whyNotAlone(error: unknown): string {
  const message = messageOf(error);
  return /\b(locked|busy)\b/.test(message)
    ? "another program has it open; stop the receiver, and run this again"
    : message;
}

/** The store in a file, created if necessary. */
export async function openSqliteTarget(file: string): Promise<MoveTarget> {
  secureFile(file);
  const engine = openEngine(file);
  try {
    prepareEngine(engine);
  } catch (error) {
    engine.close();
    throw new StoreError(`Cannot move to "${file}": ${messageOf(error)}`, { cause: error });
  }
  const statements = preparedOn(engine);
  const end = endOn(engine, file, statements);
  const connection: Connection = {
    query: async <R>(sql: string, parameters: readonly unknown[] = []) =>
      statements(sql).all(...(parameters as SqlValue[])) as R[],
  };
  return {
    ...end,
    async transaction(work) {
      engine.exec("BEGIN IMMEDIATE");
      try {
        const result = await work(connection);
        engine.exec("COMMIT");
        return result;
      } catch (error) {
        rollBack(engine);
        throw error;
      }
    },
    async create(_, version) {
      engine.exec(`${VERSION_TABLE}; INSERT INTO store_version (number) VALUES (0)`);
      for (const sql of migrationsFrom(0, file, SQLITE, version)) engine.exec(sql);
    },
    async insert(_, { name, columns }, rows) {
      const names = columns.map((column) => column.name);
      const statement = statements(
        `INSERT INTO ${name} (${names.join(", ")}) VALUES (${names.map((__, at) => `$${at + 1}`).join(", ")})`,
      );
      for (const row of rows) statement.run(...names.map((column) => row[column] ?? null));
    },
    migrate: async () => migrateEngine(engine, `the store "${file}"`),
  };
}

function endOn(engine: Engine, file: string, statements: Prepared): MoveEnd {
  const all = async (sql: string, parameters: readonly SqlValue[] = []) => statements(sql).all(...parameters) as Row[];
  return {
    name: file,
    all,
    async version() {
      const tables = await all("SELECT name FROM sqlite_master WHERE type = 'table'");
      if (tables.length === 0) return null;
      if (!tables.some(({ name }) => name === "store_version"))
        throw new StoreError(`Cannot open "${file}": it is another program's database`);
      return Number((await all("SELECT number FROM store_version"))[0]?.number ?? 0);
    },
    async tables(names): Promise<readonly MovedTable[]> {
      const columns = await all(
        `SELECT m.name AS name, c.name AS field, lower(c.type) AS type, c.pk - 1 AS position
          FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
      );
      return movedTables(names, columns);
    },
    close: async () => engine.close(),
  };
}

type Prepared = ReturnType<typeof preparedOn>;
