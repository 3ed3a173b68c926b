import type { Reader, Row } from "../database.js";
import type { Connection } from "../postgres-engine.js";
import type { MovedTable } from "./moved-table.js";

/** The source or the target of a move. */
export interface MoveEnd extends Reader {
  /** For messages: a path, or an address without user and password. */
  readonly name: string;
  /** The number in its `store_version`; null if there is no store, and nothing that could be mistaken for one. */
  version(): Promise<number | null>;
  /** Describes these tables as they are in the store. */
  tables(names: readonly string[]): Promise<readonly MovedTable[]>;
  close(): Promise<void>;
}

/** The target of a move. */
export interface MoveTarget extends MoveEnd {
  /** Writes all or nothing; it is durable when this resolves. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Creates the tables of a version, in a transaction. */
  create(connection: Connection, version: number): Promise<void>;
  insert(connection: Connection, table: MovedTable, rows: readonly Row[]): Promise<void>;
  /** Migrates a store with the number of a version to this program's version. */
  migrate(): Promise<void>;
}
