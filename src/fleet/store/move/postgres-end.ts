import { codeOf } from "../../../base/errors.js";
import { migrationsFrom, POSTGRES, STORE_VERSION, StoreError, tablesOf, VERSION_TABLE } from "../migrate.js";
import { migratePostgres, statementsOf } from "../open-postgres.js";
import { DUTIES } from "../peers.js";
import { type Connection, connect, openSession } from "../postgres-engine.js";
import { boundValue, COLUMN_TYPES } from "../postgres-save.js";
import { LOCK_DUTIES } from "../postgres-session.js";
import { shownStore } from "../store-address.js";
import type { MoveEnd, MoveTarget } from "./move-end.js";
import { movedTables } from "./moved-table.js";

const LOCK_WAIT = "10s";
/** The error of a statement that waits for a lock for too long. */
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * The store in a database, as it is now. No receiver may run on it, since what it stores would not be moved. One that
 * starts meanwhile gets no duty and stores nothing, since the tables are locked.
 */
export async function openPostgresSource(url: string): Promise<MoveEnd> {
  const session = await openSession(url);
  const end = endOn(session, url);
  try {
    const version = await end.version();
    if (version !== null && version <= STORE_VERSION) await lock(session, end.name, tablesOf(version));
  } catch (error) {
    await session.close();
    throw error;
  }
  return { ...end, close: () => session.close() };
}

/** Locks first, since a transaction's first query determines what it sees. */
async function lock(session: Connection, name: string, tables: readonly string[]): Promise<void> {
  const fix = "stop the receivers, and run this again";
  const duties = await session.query(LOCK_DUTIES, [DUTIES]);
  if (duties.length < DUTIES.length)
    throw new StoreError(`Cannot move the store "${name}": a receiver or another move uses it; ${fix}`);
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  await session.query(`SET LOCAL lock_timeout = '${LOCK_WAIT}'`);
  await session.query("SET LOCAL idle_in_transaction_session_timeout = 0");
  await session.query("SET LOCAL statement_timeout = 0");
  try {
    await session.query(`LOCK TABLE ${tables.join(", ")} IN SHARE MODE`);
  } catch (error) {
    if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new StoreError(`Cannot move the store "${name}": another program writes to it; ${fix}`, { cause: error });
  }
}

/** The store in a database, which must exist. */
export async function openPostgresTarget(url: string): Promise<MoveTarget> {
  const server = await connect(url);
  return {
    ...endOn(server, url),
    transaction: (work) => server.transaction(work),
    async create(connection, version) {
      await connection.query(VERSION_TABLE);
      await connection.query("INSERT INTO store_version (number) VALUES (0)");
      for (const sql of migrationsFrom(0, url, POSTGRES, version))
        for (const statement of statementsOf(sql)) await connection.query(statement);
    },
    async insert(connection, { name, columns }, rows) {
      const names = columns.map((column) => column.name).join(", ");
      const unnested = columns.map(({ type }, at) => `$${at + 1}::${COLUMN_TYPES[type]}[]`).join(", ");
      const values = columns.map((column) => rows.map((row) => boundValue(row[column.name] ?? null)));
      await connection.query(`INSERT INTO ${name} (${names}) SELECT * FROM unnest(${unnested})`, values);
    },
    migrate: () => migratePostgres(server),
    close: () => server.close(),
  };
}

function endOn(connection: Connection, url: string): Omit<MoveEnd, "close"> {
  const name = shownStore(url);
  const all = (sql: string, parameters: readonly unknown[] = []) => connection.query(sql, parameters);
  const known = async (tables: readonly string[]) =>
    (await all("SELECT n AS name FROM unnest($1::text[]) n WHERE to_regclass(n) IS NOT NULL", [tables])).map((row) =>
      String(row.name),
    );
  return {
    name,
    all,
    async version() {
      if ((await known(["store_version"])).length > 0)
        return Number((await all("SELECT number FROM store_version"))[0]?.number ?? 0);
      const [others] = await known(tablesOf(STORE_VERSION));
      if (others === undefined) return null;
      throw new StoreError(`Cannot open "${name}": its table "${others}" belongs to another program`);
    },
    async tables(names) {
      const columns = await all(
        `SELECT c.relname AS name, a.attname AS field, format_type(a.atttypid, NULL) AS type,
            coalesce(array_position(i.indkey::int2[], a.attnum), -1) AS position
          FROM unnest($1::text[]) n JOIN pg_class c ON c.oid = to_regclass(n)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary`,
        [names],
      );
      return movedTables(names, columns);
    },
  };
}
