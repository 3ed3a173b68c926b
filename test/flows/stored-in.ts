import { DatabaseSync } from "@photostructure/sqlite";

/** What a store's file holds, read beside the process that writes it. */
export function storedIn(file: string) {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = (sql: string) => database.prepare(sql).all() as Record<string, string | number | null>[];
  try {
    return {
      reports: rows("SELECT thing, epoch, sequence FROM report ORDER BY thing, epoch, sequence").map(
        ({ thing, epoch, sequence }) => `${thing} ${epoch} ${sequence}`,
      ),
      acked: Object.fromEntries(
        rows("SELECT thing, epoch, acked FROM epoch ORDER BY thing, epoch").map((row) => [
          `${row.thing} ${row.epoch}`,
          row.acked,
        ]),
      ),
      refused: Object.fromEntries(
        rows("SELECT reason, count FROM refused ORDER BY reason").map(({ reason, count }) => [reason, count]),
      ),
      things: rows("SELECT thing, expected, last_heard FROM thing ORDER BY thing").map(
        ({ thing, expected, last_heard }) =>
          `${thing} ${expected === 1 ? "expected" : "unexpected"} ${last_heard === null ? "never" : "heard"}`,
      ),
    };
  } finally {
    database.close();
  }
}
