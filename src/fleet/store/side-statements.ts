import type { Applied } from "../ingest/batch.js";
import type { Statement } from "./database.js";

/** The statements of a batch that add to rows instead of writing them: totals, refusals, answers. In a stated order, for row locks. */
export function sideStatements({ totals, refused, answers }: Applied, shard: number): readonly Statement[] {
  return [...answers.map(answered), ...refusedStatements(refused), ...totalStatements(totals, shard)];
}

/** Adds to the running totals of one shard. */
export function totalStatements(totals: ReadonlyMap<string, number>, shard: number): readonly Statement[] {
  return [...totals]
    .filter(([, by]) => by !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, by]) => ({
      sql: `INSERT INTO total (name, shard, value) VALUES ($1, $2, $3)
        ON CONFLICT (name, shard) DO UPDATE SET value = total.value + excluded.value`,
      parameters: [name, shard, by],
    }));
}

function refusedStatements(refused: Applied["refused"]): readonly Statement[] {
  const byReason = new Map<string, { readonly count: number; readonly last: Applied["refused"][number] }>();
  for (const each of refused)
    byReason.set(each.reason, { count: (byReason.get(each.reason)?.count ?? 0) + 1, last: each });
  return [...byReason]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([reason, { count, last }]) => ({
      sql: `INSERT INTO refused (reason, count, last_at, topic, why, sample) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (reason) DO UPDATE SET count = refused.count + excluded.count, last_at = excluded.last_at,
        topic = excluded.topic, why = excluded.why, sample = excluded.sample`,
      parameters: [reason, count, last.receivedAt, last.topic, last.why, last.sample],
    }));
}

/** An answer counts once; one that comes after the request's end still does. */
function answered({ id, thing, status, receivedAt, text }: Applied["answers"][number]): Statement {
  return {
    sql: `UPDATE request_thing SET status = $3, answered_at = $4, answer = $5
      WHERE id = $1 AND thing = $2 AND status IN ('WAITING', 'SILENT')`,
    parameters: [id, thing, status, receivedAt, text],
  };
}
