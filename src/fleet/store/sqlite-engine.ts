import { createRequire } from "node:module";
import { messageOf } from "../../base/errors.js";
import { StoreError } from "./migrate.js";
import { sqlitePackage } from "./sqlite-package.js";

/** A value as the engine binds and returns it. */
type EngineValue = string | number | bigint | null | Uint8Array;

/** The parts of `node:sqlite` that are used. */
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

/**
 * The first Node.js release that has it built in without a warning; on 20 and 22 a package with the same API replaces
 * it.
 */
const BUILT_IN_FROM = 24;

/** Opens a database file with SQLite, which is loaded on first use. */
export function openEngine(path: string, options: { readonly readOnly?: boolean } = {}): Engine {
  const { DatabaseSync } = load();
  return new DatabaseSync(path, options);
}

/** Rolls a failed transaction back without throwing: the first error says why it failed. */
export function rollBack(engine: Engine): void {
  try {
    engine.exec("ROLLBACK");
  } catch {
    // SQLite rolls back by itself after some failures, such as a full disk.
  }
}

/**
 * Moves what was committed from the log into the file, as far as possible. Closing alone does that only where no
 * prepared statement is left, and some are left until the process ends.
 */
export function emptyLog(engine: Engine): void {
  try {
    engine.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // The disk is full, for example: it is still in the log, and nothing is lost.
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
