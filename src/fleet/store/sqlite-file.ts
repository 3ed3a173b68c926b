import type { Row, SqlValue } from "./database.js";
import { createPacking } from "./packing.js";
import { readingFor, rulesFor } from "./rules.js";
import { migrateEngine, prepareEngine, SqliteCore } from "./sqlite-core.js";
import { openEngine } from "./sqlite-engine.js";
import { preparedOn } from "./sqlite-statements.js";
import { secureFile } from "./store-file.js";
import type { FilledOptions } from "./store-options.js";

/** Opens the connection that writes; creates the file and migrates it to this version. `onListing`: see keysIn. */
export function openCore(
  file: string,
  options: FilledOptions,
  onListing: (problem: string | null) => void,
): SqliteCore {
  if (file !== ":memory:") secureFile(file);
  const packing = createPacking();
  const engine = openEngine(file);
  try {
    prepareEngine(engine);
    migrateEngine(engine, `the store "${file}"`);
  } catch (error) {
    engine.close();
    throw error;
  }
  return new SqliteCore(engine, rulesFor(options, readingFor(options, packing, onListing), packing), options);
}

/** Opens a connection that only reads. */
export function openQueries(file: string): {
  all(sql: string, parameters?: readonly SqlValue[]): readonly Row[];
  close(): void;
} {
  const engine = openEngine(file, { readOnly: true });
  engine.exec("PRAGMA busy_timeout = 10000");
  // Small, since each commit of the writer empties it; the operating system caches the file's pages.
  engine.exec("PRAGMA cache_size = -8192");
  engine.exec("PRAGMA temp_store = MEMORY");
  const prepared = preparedOn(engine);
  return {
    all: (sql, parameters = []) => prepared(sql).all(...parameters) as Row[],
    close: () => engine.close(),
  };
}
