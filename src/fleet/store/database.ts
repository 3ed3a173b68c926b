/** A value that both engines store alike: times are ISO 8601 in UTC as text, booleans 0 and 1. */
export type SqlValue = string | number | null | Uint8Array;

/** A row by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

/** A statement in the dialect that both engines read, its parameters written `$1`, `$2` … */
export interface SqlStatement {
  readonly sql: string;
  readonly parameters?: readonly SqlValue[];
}

/** Reads rows of the last committed state. */
export interface Reader {
  all(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** An SQL engine with the fleet's tables. When a write resolves, it survives a power cut. */
export interface Database extends Reader {
  /** Reads the same rows, for slow statements: only other slow ones wait for them. */
  readonly scans: Reader;
  /** Runs the statements in one transaction, all or none; resolves to each one's rows (of RETURNING, else empty). */
  write(statements: readonly SqlStatement[]): Promise<readonly (readonly Row[])[]>;
  close(): Promise<void>;
}

/** Unpacks a body; `dictionary` is the number of the one that it was packed with. */
export type Unpack = (packed: { readonly dictionary: number; readonly body: Uint8Array }) => string | Promise<string>;
