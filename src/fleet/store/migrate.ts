import { ExpectedError } from "../../base/errors.js";
import { MIGRATIONS } from "./schema.js";

/** The store cannot be used as it is. */
export class StoreError extends ExpectedError {}

/** The parts of the schema that differ between engines. */
interface Dialect {
  readonly blob: string;
  readonly clustered: string;
  readonly text: string;
}

export const SQLITE: Dialect = { blob: "blob", clustered: "WITHOUT ROWID", text: "text" };
// Free space on each page, so that a row that is updated in one of these tables stays on its page and its indexes stay
// as they are.
export const POSTGRES: Dialect = { blob: "bytea", clustered: "WITH (fillfactor = 80)", text: 'text COLLATE "C"' };

export const VERSION_TABLE = "CREATE TABLE store_version (number bigint NOT NULL)";

/** The version of this program's store. */
export const STORE_VERSION = MIGRATIONS.length;

/** Added to a store's version while rows are moved into it, so that no packdrift opens it before they are all there. */
export const MOVING = 1_000_000;

/**
 * The statements that bring a store from a version to this program's, or to `upTo`, in order; throws StoreError for a store of a
 * later version, and for one that a move has not filled yet.
 */
export function migrationsFrom(
  version: number,
  name: string,
  dialect: Dialect,
  upTo = STORE_VERSION,
): readonly string[] {
  if (version > MOVING) {
    throw new StoreError(
      `Cannot open ${name}: a move into it has not ended; run the same "packdrift fleet move" again to resume it`,
    );
  }
  assertKnownVersion(version, `Cannot open ${name}`);
  return MIGRATIONS.slice(version, upTo).map((sql) => inDialect(sql, dialect));
}

/** Throws StoreError for a store of a later version. */
export function assertKnownVersion(version: number, cannot: string): void {
  if (version <= STORE_VERSION) return;
  throw new StoreError(
    `${cannot}: its version is ${version}, this packdrift knows up to ${STORE_VERSION}; use the packdrift that wrote it, or a later one`,
  );
}

/** The tables of a version, in their order, without the one that holds the version. */
export function tablesOf(version: number): readonly string[] {
  const made = MIGRATIONS.slice(0, version)
    .join("\n")
    .matchAll(/^ *(CREATE|DROP) TABLE (\w+)/gm);
  const tables = new Set<string>();
  for (const [, verb, table = ""] of made) {
    if (verb === "CREATE") tables.add(table);
    else tables.delete(table);
  }
  return [...tables];
}

function inDialect(sql: string, { blob, clustered, text }: Dialect): string {
  return sql
    .replace(/--.*$/gm, "")
    .replaceAll("{blob}", blob)
    .replaceAll("{clustered}", clustered)
    .replace(/\btext\b/g, text);
}
