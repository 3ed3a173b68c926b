import pg from "pg";
import { codeOf } from "../../base/errors.js";
import { reasonOf } from "../../base/system-errors.js";
import type { Row, SqlValue } from "./database.js";
import { StoreError } from "./migrate.js";
import { type RetryParts, retried } from "./retry.js";

/** A connection within a transaction. */
export interface Connection {
  /** `R` is the type of the statement's rows. */
  query<R = Row>(sql: string, parameters?: readonly unknown[]): Promise<readonly R[]>;
}

/** A PostgreSQL server. */
export interface Server extends Connection {
  /** Runs `work` in one transaction, and again if the server reports a conflict, so it must be safe to repeat. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 8;
const CONNECT_MS = 10_000;
const QUERY_MS = 60_000;
const [INT8, NUMERIC] = [20, 1700];
const RETRY: RetryParts = {
  random: Math.random,
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Connects to a server, and waits until it answers. `url`: `postgres://user@host/database`. */
export async function connect(url: string): Promise<Server> {
  const pool = new pg.Pool({
    ...clientOptions(withDurableCommits(url), QUERY_MS),
    max: MOST_CONNECTIONS,
  });
  // A connection may be lost while it is idle; the next query opens another.
  pool.on("error", ignored);
  // Added as soon as it is connected: an error may come in the same packet as the last answer, and without a listener
  // it would end the process. The next query reports that the connection is lost.
  pool.on("connect", (client) => client.on("error", ignored));
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw new StoreError(`Cannot connect to PostgreSQL: ${reasonOf(error)}`, { cause: error });
  }
  return {
    // A single statement is a transaction too.
    query: (sql, parameters = []) => retried(async () => (await pool.query(sql, [...parameters])).rows, RETRY),
    transaction: (work) => retried(() => once(pool, work), RETRY),
    close: () => pool.end(),
  };
}

/** A client for a session, not connected yet; see postgres-session.ts. `queryMs`: how long an answer may take. */
export function sessionClient(url: string, queryMs: number): pg.Client {
  return new pg.Client(clientOptions(url, queryMs));
}

/** `queryMs`: how long an answer may take; a server that was killed never answers. */
function clientOptions(url: string, queryMs: number): pg.ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: queryMs,
    keepAlive: true,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  };
}

/** A single connection, without a limit on how long a query takes. */
export async function openSession(url: string): Promise<Connection & { close(): Promise<void> }> {
  const client = sessionClient(url, 0);
  // If the connection is lost between two queries, the next one reports it.
  client.on("error", ignored);
  try {
    await client.connect();
  } catch (error) {
    throw new StoreError(`Cannot connect to PostgreSQL: ${reasonOf(error)}`, { cause: error });
  }
  return {
    query: async (sql, parameters = []) => (await client.query(sql, [...parameters])).rows,
    close: () => client.end(),
  };
}

/** Adds an option to the address: a commit is on disk when it returns, whatever the server's default is. */
function withDurableCommits(url: string): string {
  const [server = "", query = ""] = url.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  // Options in the address override those in the environment.
  const others = parameters.get("options") ?? process.env.PGOPTIONS ?? "";
  parameters.set("options", `${others} -c synchronous_commit=on`.trim());
  return `${server}?${parameters}`;
}

async function once<T>(pool: pg.Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const result = await work({
      query: async (sql, parameters = []) => (await client.query(sql, [...parameters])).rows,
    });
    await client.query("COMMIT");
    return result;
  } catch (error) {
    if (isOfConnection(error)) broken = error;
    else
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

function ignored(): void {}

/**
 * Whether an error ends its connection: it comes from the socket or the client, or the server says that it is shutting
 * down (classes 08 and 57).
 */
function isOfConnection(error: unknown): error is Error {
  return error instanceof Error && !/^(?!08|57)[0-9A-Z]{5}$/.test(codeOf(error) ?? "");
}

/** Counts and sums as numbers, like SQLite's: all of ours are below 2^53. */
function parserOf(oid: number, format?: "text" | "binary"): (text: string) => SqlValue {
  if (oid === INT8 || oid === NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format ?? "text") as (text: string) => SqlValue;
}
