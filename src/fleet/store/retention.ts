import type { SqlStatement, SqlValue } from "./database.js";
import type { FilledOptions } from "./store-options.js";

const DAY_MS = 86_400_000;
const PART_DAYS = 7;
/** How many rows of a table are deleted at once, so that writers wait no longer than for a batch of reports. */
const CHUNK = 500;

/**
 * How many epochs of a thing before its newest stay, however old they are: one of which nothing is known counts as the
 * newest when a report of it comes again.
 */
const KEPT_EPOCHS = 20;

/** Where the last chunk of a step ended, so that rows that must stay are skipped once, and not with every chunk. */
export type RetentionCursor = ReadonlyMap<string, string>;

/** Deletes one chunk; RETURNING gives the time up to which it came. */
interface RetentionStep {
  readonly name: string;
  readonly statement: SqlStatement;
}

/**
 * The steps of retention, each of which deletes a chunk of what is too old. The newest report and the newest complete
 * report of a state, open findings and the newest epochs of a thing stay, however old they are.
 */
export function retentionSteps(
  at: string,
  { reportDays, heartbeatDays }: FilledOptions,
  cursor: RetentionCursor,
): readonly RetentionStep[] {
  const before = (days: number) => new Date(Date.parse(at) - days * DAY_MS).toISOString();
  const [reports, heartbeats, parts] = [before(reportDays), before(heartbeatDays), before(PART_DAYS)];
  const step = (name: string, sql: string, ...parameters: SqlValue[]): RetentionStep => ({
    name,
    statement: { sql, parameters },
  });
  const ofKind = (kind: string, until: string) =>
    step(
      kind,
      `DELETE FROM report WHERE (thing, received_at, epoch, sequence) IN (
        SELECT r.thing, r.received_at, r.epoch, r.sequence FROM report r
        WHERE r.kind = $1 AND r.received_at < $2 AND r.received_at >= $3 AND NOT EXISTS (
          SELECT 1 FROM state s WHERE s.thing = r.thing
          AND (s.report_epoch = r.epoch AND s.report_sequence = r.sequence OR s.epoch = r.epoch AND s.sequence = r.sequence))
        ORDER BY r.received_at LIMIT ${CHUNK}) RETURNING received_at AS at`,
      kind,
      until,
      cursor.get(kind) ?? "",
    );
  const simple = (table: string, key: string, column: string, until: string, and = "") =>
    step(
      table,
      `DELETE FROM ${table} WHERE (${key}) IN (
        SELECT ${key} FROM ${table} x WHERE x.${column} < $1 ${and} LIMIT ${CHUNK}) RETURNING ${column} AS at`,
      until,
    );
  return [
    ofKind("HEARTBEAT", heartbeats),
    ofKind("COMPLETE", reports),
    simple("part", "thing, epoch, sequence, of_parts, part", "received_at", parts),
    simple("past_state", "thing, project, job, since, until", "until", reports),
    simple("finding", "thing, project, job, fingerprint, since", "until", reports),
    simple("change", "thing, at, id", "at", reports),
    simple("lost", "thing, epoch, from_sequence, to_sequence", "at", reports),
    simple(
      "epoch",
      "thing, epoch",
      "heard",
      reports,
      `AND EXISTS (SELECT 1 FROM epoch y WHERE y.thing = x.thing AND y.born > x.born
        ORDER BY y.born LIMIT 1 OFFSET ${KEPT_EPOCHS})`,
    ),
    simple("facts", "digest", "at", reports, "AND NOT EXISTS (SELECT 1 FROM thing t WHERE t.facts_digest = x.digest)"),
    step(
      "request_thing",
      `DELETE FROM request_thing WHERE (id, thing) IN (
        SELECT t.id, t.thing FROM request_thing t JOIN request r ON r.id = t.id WHERE r.asked_at < $1 LIMIT ${CHUNK}) RETURNING id AS at`,
      reports,
    ),
    simple("request", "id", "asked_at", reports),
  ];
}

/** The cursor after a chunk of a step. */
export function movedOn(cursor: RetentionCursor, name: string, times: readonly SqlValue[]): RetentionCursor {
  const last = times.reduce<string>((a, b) => (typeof b === "string" && b > a ? b : a), "");
  return new Map([...cursor, [name, last]]);
}
