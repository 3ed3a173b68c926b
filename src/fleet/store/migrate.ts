import { ExpectedError } from "../../base/errors.js";
import { MIGRATIONS } from "./schema.js";

/** The store cannot be used as it is. */
export class StoreError extends ExpectedError {}

/** How an engine spells what the schema leaves open. */
export interface Dialect {
  readonly blob: string;
  readonly clustered: string;
  readonly text: string;
}

export const VERSION_TABLE = "CREATE TABLE store_version (number bigint NOT NULL)";

/** The statements that bring a store from a version to this program's, in order; throws StoreError for a store of a later one. */
export function migrationsFrom(version: number, name: string, dialect: Dialect): readonly string[] {
  if (version > MIGRATIONS.length) {
    throw new StoreError(
      `Cannot open ${name}: its version is ${version}, this packdrift knows up to ${MIGRATIONS.length}; use the packdrift that wrote it, or a later one`,
    );
  }
  return MIGRATIONS.slice(version).map((sql) => inDialect(sql, dialect));
}

/** The version of this program's store. */
export const STORE_VERSION = MIGRATIONS.length;

function inDialect(sql: string, { blob, clustered, text }: Dialect): string {
  return sql
    .replace(/--.*$/gm, "")
    .replaceAll("{blob}", blob)
    .replaceAll("{clustered}", clustered)
    .replace(/\btext\b/g, text);
}
