import type { SqlValue } from "../store/database.js";

/** The parameters of one statement: values never become part of its text. */
export class Parameters {
  readonly values: SqlValue[] = [];

  /** The name of a value in the statement: `$3`. */
  of(value: SqlValue): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /** A list for `IN`: `($3, $4)`. */
  in(values: readonly SqlValue[]): string {
    return `(${values.map((value) => this.of(value)).join(", ")})`;
  }
}

/** The pattern that finds a text literally, anywhere, for `ILIKE … ESCAPE '!'`. */
export function containing(text: string): string {
  return `%${text.replace(/[!%_]/g, "!$&")}%`;
}

/** Joins conditions with AND; without any, the result is a true condition. */
export function allOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "1 = 1" : conditions.join(" AND ");
}
