import { groupBy } from "../../base/group-by.js";
import { compareTexts } from "../../base/text.js";
import type { Refused } from "../arrival.js";
import type { Applied } from "../ingest/batch.js";
import type { SqlStatement, SqlValue } from "./database.js";

/**
 * The statements of a batch that add to rows instead of replacing them: totals, refusals, answers. In a fixed order,
 * because of row locks.
 */
export function sideStatements({ totals, refused, answers }: Applied, shard: number): readonly SqlStatement[] {
  return [...answers.map(answered), ...refusedStatements(refused), ...totalStatements(totals, shard)];
}

/** Adds to the running totals of one shard. */
export function totalStatements(totals: ReadonlyMap<string, number>, shard: number): readonly SqlStatement[] {
  return [...totals]
    .filter(([, by]) => by !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, by]) => ({
      sql: `INSERT INTO total (name, shard, value) VALUES ($1, $2, $3)
        ON CONFLICT (name, shard) DO UPDATE SET value = total.value + excluded.value`,
      parameters: [name, shard, by],
    }));
}

/** How many messages are kept for each reason, the newest ones. */
const KEPT_REFUSALS = 20;

function refusedStatements(refused: Applied["refused"]): readonly SqlStatement[] {
  return [...groupBy(refused, ({ reason }) => reason)]
    .sort(([a], [b]) => compareTexts(a, b))
    .flatMap(([reason, messages]) => {
      const last = messages.at(-1);
      return last === undefined ? [] : [countRefusals(last, messages.length), ...keepRefusals(reason, messages)];
    });
}

function countRefusals({ reason, receivedAt, topic, why, sample }: Refused, count: number): SqlStatement {
  return {
    sql: `INSERT INTO refused (reason, count, last_at, topic, why, sample) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (reason) DO UPDATE SET count = refused.count + excluded.count, last_at = excluded.last_at,
        topic = excluded.topic, why = excluded.why, sample = excluded.sample`,
    parameters: [reason, count, receivedAt, topic, why, sample],
  };
}

/**
 * Writes the last refused messages of a batch, in one statement however many there were, and deletes those that they
 * replace. Their numbers follow from the count, whose row this transaction has locked.
 */
function keepRefusals(reason: string, messages: readonly Refused[]): readonly SqlStatement[] {
  const count = "(SELECT count FROM refused WHERE reason = $1)";
  const kept = messages.slice(-KEPT_REFUSALS);
  const parameters: SqlValue[] = [reason];
  const values = kept.map(({ thing, receivedAt, topic, why, sample }, at) => {
    const names = [thing, receivedAt, topic, why, sample].map((value) => `$${parameters.push(value)}`);
    return `($1, ${count} - ${kept.length - 1 - at}, ${names.join(", ")})`;
  });
  return [
    {
      sql: `INSERT INTO refused_message (reason, number, thing, at, topic, why, sample) VALUES ${values.join(", ")}
        ON CONFLICT (reason, number) DO NOTHING`,
      parameters,
    },
    {
      sql: `DELETE FROM refused_message WHERE reason = $1 AND number <= ${count} - ${KEPT_REFUSALS}`,
      parameters: [reason],
    },
  ];
}

/** Stores an answer. It counts once, even if it comes after the request's end. */
function answered({ id, thing, status, receivedAt, text }: Applied["answers"][number]): SqlStatement {
  return {
    sql: `UPDATE request_thing SET status = $3, answered_at = $4, answer = $5
      WHERE id = $1 AND thing = $2 AND status IN ('WAITING', 'SILENT')`,
    parameters: [id, thing, status, receivedAt, text],
  };
}
