import pg from "pg";
import { openEngine } from "../../src/fleet/store/sqlite-engine.js";
import { TABLES } from "../../src/fleet/store/store-tables.js";

/** A connection to a store's tables, besides the store's own. */
export interface Tables {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

/** What differs between the engines. */
interface Dialect {
  /** The rows `n(i)` of the numbers from `from` to `to`. */
  readonly numbers: (from: number, to: number) => string;
  /** A number with leading zeros. */
  readonly padded: (number: string, digits: number) => string;
  /** Rows `name`, `sql`: the indexes that are not a table's key. */
  readonly indexes: string;
  /** What to run at the end. */
  readonly settle: readonly string[];
}

const SQLITE: Dialect = {
  numbers: (from, to) =>
    `(WITH RECURSIVE s(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM s WHERE i < ${to}) SELECT i FROM s) n`,
  padded: (number, digits) => `printf('%0${digits}d', ${number})`,
  indexes: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
  settle: ["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"],
};
const POSTGRES: Dialect = {
  numbers: (from, to) => `generate_series(${from}, ${to}) n(i)`,
  padded: (number, digits) => `lpad((${number})::text, ${digits}, '0')`,
  indexes: `SELECT indexname AS name, indexdef AS sql FROM pg_indexes
    WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey'`,
  settle: ["VACUUM ANALYZE", "CHECKPOINT"],
};
const CHUNK = 100_000;

/** A SQLite file, written without waiting for the disk. */
export function sqliteTables(file: string): Tables {
  const engine = openEngine(file);
  for (const pragma of ["synchronous = OFF", "cache_size = -262144", "temp_store = MEMORY"])
    engine.exec(`PRAGMA ${pragma}`);
  return {
    run: async (sql) => engine.exec(sql),
    rows: async (sql) => engine.prepare(sql).all(),
    close: async () => engine.close(),
  };
}

/** A PostgreSQL database, written without waiting for the disk. */
export async function postgresTables(url: string): Promise<Tables> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SET synchronous_commit = off");
  await client.query("SET maintenance_work_mem = '512MB'");
  return {
    run: async (sql) => void (await client.query(sql)),
    rows: async (sql) => (await client.query(sql)).rows,
    close: () => client.end(),
  };
}

/**
 * Fills a store in which the first `kinds` things have reported: every further thing gets the rows of the one whose number is its
 * own modulo `kinds`. What the rows say of the thing's name stays that of the first; the intake reads nothing of it.
 */
export async function fillStore(
  tables: Tables,
  engine: "sqlite" | "postgres",
  kinds: number,
  things: number,
): Promise<void> {
  const dialect = engine === "sqlite" ? SQLITE : POSTGRES;
  const indexes = await tables.rows(dialect.indexes);
  for (const { name } of indexes) await tables.run(`DROP INDEX ${name}`);
  for (const [table, { columns }] of Object.entries(TABLES)) {
    if ("thing" in columns) await copyRows(tables, dialect, { table, columns: Object.keys(columns), kinds, things });
  }
  await tables.run(`UPDATE total SET value = value * ${things / kinds}`);
  for (const { sql } of indexes) await tables.run(String(sql));
  for (const sql of dialect.settle) await tables.run(sql);
}

interface Copying {
  readonly table: string;
  readonly columns: readonly string[];
  readonly kinds: number;
  readonly things: number;
}

async function copyRows(tables: Tables, dialect: Dialect, { table, columns, kinds, things }: Copying): Promise<void> {
  const name = `'line-' || ${dialect.padded("n.i / 1000", 4)} || '-box-' || ${dialect.padded("n.i", 7)}`;
  const number = `CAST(substr(thing, ${"line-0000-box-".length + 1}) AS integer)`;
  await tables.run(`CREATE TEMP TABLE pattern AS SELECT ${number} AS pattern_number, t.* FROM ${table} t`);
  await tables.run("CREATE INDEX pattern_by_number ON pattern (pattern_number)");
  const values = columns.map((column) => (column === "thing" ? name : `p.${column}`)).join(", ");
  for (let from = kinds; from < things; from += CHUNK) {
    const numbers = dialect.numbers(from, Math.min(things, from + CHUNK) - 1);
    await tables.run(
      `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values} FROM ${numbers} CROSS JOIN pattern p WHERE p.pattern_number = n.i % ${kinds}`,
    );
  }
  await tables.run("DROP TABLE pattern");
}
