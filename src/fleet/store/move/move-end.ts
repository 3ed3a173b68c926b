import type { Reader, Row } from "../database.js";
import type { Connection } from "../postgres-engine.js";
import type { MovedTable } from "./moved-table.js";

/** A store that a move reads or fills. */
export interface MoveEnd extends Reader {
  /** For messages: a path, or an address without user and password. */
  readonly name: string;
  /** The number in its `store_version`; null: there is no store, and nothing else that one could be mistaken for. */
  version(): Promise<number | null>;
  /** These tables, as they are in the store. */
  tables(names: readonly string[]): Promise<readonly MovedTable[]>;
  close(): Promise<void>;
}

/** A store that is filled. */
export interface MoveTarget extends MoveEnd {
  /** All or nothing; durable when it resolves. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Makes the tables of a version, in a transaction. */
  create(connection: Connection, version: number): Promise<void>;
  insert(connection: Connection, table: MovedTable, rows: readonly Row[]): Promise<void>;
  /** Brings a store whose number is a version to this program's. */
  migrate(): Promise<void>;
}
