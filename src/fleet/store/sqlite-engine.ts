import { createRequire } from "node:module";
import { messageOf } from "../../base/errors.js";
import { StoreError } from "./migrate.js";
import { sqlitePackage } from "./sqlite-package.js";

/** A value as the engine binds and returns it. */
type EngineValue = string | number | bigint | null | Uint8Array;

/** What is used of `node:sqlite`. */
export interface Engine {
  exec(sql: string): void;
  prepare(sql: string): EngineStatement;
  close(): void;
}

export interface EngineStatement {
  run(...values: EngineValue[]): unknown;
  all(...values: EngineValue[]): Record<string, EngineValue>[];
  get(...values: EngineValue[]): Record<string, EngineValue> | undefined;
}

interface EngineModule {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => Engine;
}

/** Built in from Node 24 on without a warning; on 20 and 22 a package with the same API stands in. */
const BUILT_IN_FROM = 24;

/** Opens a database file with SQLite, which is loaded on first use. */
export function openEngine(path: string, options: { readonly readOnly?: boolean } = {}): Engine {
  const { DatabaseSync } = load();
  return new DatabaseSync(path, options);
}

/** Ends a transaction that has failed, without an error of its own: the first one says why. */
export function rollBack(engine: Engine): void {
  try {
    engine.exec("ROLLBACK");
  } catch {
    // SQLite rolls some failures back by itself, as when the disk is full.
  }
}

function load(): EngineModule {
  if (Number(process.versions.node.split(".")[0]) >= BUILT_IN_FROM) {
    return createRequire(import.meta.url)("node:sqlite") as EngineModule;
  }
  try {
    return sqlitePackage() as EngineModule;
  } catch (error) {
    throw new StoreError(
      `Cannot load SQLite: Node ${process.versions.node} has none built in, and the one that comes with packdrift cannot be loaded (${messageOf(error)}); use Node ${BUILT_IN_FROM} or later, or a PostgreSQL store`,
      { cause: error },
    );
  }
}
