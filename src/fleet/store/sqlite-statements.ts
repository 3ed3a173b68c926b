import type { Engine, EngineStatement } from "./sqlite-engine.js";

/**
 * Translates a statement of the common dialect into SQLite's: parameters are written differently, LIKE ignores the case
 * of ASCII letters as ILIKE does with the collation "C", and a comment that begins with `SQLITE:` contains SQL for
 * SQLite only; `SQLITE: --` hides the rest of its line.
 */
export function inSqlite(sql: string): string {
  return sql
    .replace(/\$(\d+)/g, "?$1")
    .replaceAll(" ILIKE ", " LIKE ")
    .replace(/\/\* SQLITE: (.*?) \*\//g, "$1");
}

const MOST_STATEMENTS = 500;

/** Prepares each statement once. */
export function preparedOn(engine: Engine): (sql: string) => EngineStatement {
  const statements = new Map<string, EngineStatement>();
  return (sql) => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = engine.prepare(inSqlite(sql));
    // Filters produce many different statements; frequent ones come again soon.
    if (statements.size > MOST_STATEMENTS) statements.clear();
    statements.set(sql, statement);
    return statement;
  };
}
