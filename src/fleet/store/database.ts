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

/** An SQL engine that holds the fleet's tables. Once a write resolves, it survives the loss of power. */
export interface Database extends Reader {
  /** Reads the same rows with slow statements: only other slow ones wait for them. */
  readonly scans: Reader;
  /** Runs the statements in one transaction, all or none; resolves to each one's rows (of RETURNING, else empty). */
  write(statements: readonly SqlStatement[]): Promise<readonly (readonly Row[])[]>;
  close(): Promise<void>;
}

/** Returns the text of a packed body; `dictionary` is the number of the one that it was packed with. */
export type Unpack = (packed: { readonly dictionary: number; readonly body: Uint8Array }) => string | Promise<string>;
