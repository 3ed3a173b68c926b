import { isObject, type JsonObject } from "../../base/json.js";
import { severityIn } from "../state/verdict-rank.js";
import type { AlarmView } from "../state/views.js";
import type { Reader, Row, SqlStatement, SqlValue } from "../store/database.js";
import type { Alarm, AlarmFacts, AlarmMemory, AlarmStatus } from "./alarm.js";
import { LONGEST_GIVE_UP_HOURS } from "./alarm-settings.js";
import type { AlarmFilter } from "./alarms-port.js";
import type { AlarmStep } from "./evaluate.js";

const COLUMNS =
  "id, kind, subject, severity, status, first_at, last_at, cleared_at, things, most, times, acknowledged_by, acknowledged_at, details";

/** The most rows that one evaluation reads. */
const MOST_ROWS = 5_000;

/** The alarms that an evaluation starts from: every open one, and the newest cleared ones. */
export async function readAlarms(reader: Reader): Promise<readonly Alarm[]> {
  const rows = await reader.all(
    `SELECT ${COLUMNS} FROM alarm ORDER BY CASE WHEN status IN ('ACTIVE', 'ACKNOWLEDGED') THEN 0 ELSE 1 END, last_at DESC, id LIMIT ${MOST_ROWS}`,
  );
  return rows.map(alarmOf);
}

/** An alarm that is shown to people. */
export type ShownAlarm = Alarm & { readonly status: AlarmView["status"] };

/** Alarms that are shown to people, open ones first, then by severity and time. */
export async function readShown(
  reader: Reader,
  { kind, status }: AlarmFilter,
  limit: number,
): Promise<readonly ShownAlarm[]> {
  const rows = await reader.all(
    `SELECT ${COLUMNS} FROM alarm WHERE status <> 'PENDING' AND kind LIKE $1 AND status LIKE $2
     ORDER BY CASE status WHEN 'CLEARED' THEN 1 ELSE 0 END,
       CASE severity WHEN 'BLOCKING' THEN 0 WHEN 'ERROR' THEN 1 WHEN 'WARNING' THEN 2 ELSE 3 END, last_at DESC, id
     LIMIT ${Math.max(0, Math.floor(limit))}`,
    [kind ?? "%", status ?? "%"],
  );
  return rows.map(alarmOf).filter(isShown);
}

function isShown(alarm: Alarm): alarm is ShownAlarm {
  return alarm.status !== "PENDING";
}

function alarmOf(row: Row): Alarm {
  const details = detailsOf(row.details);
  return {
    id: String(row.id),
    kind: requireOneOf(KINDS, row.kind),
    subject: String(row.subject),
    severity: severityIn(String(row.severity)),
    status: requireOneOf(STATUSES, row.status),
    firstAt: String(row.first_at),
    lastAt: String(row.last_at),
    clearedAt: textOrNull(row.cleared_at),
    things: Number(row.things),
    most: Number(row.most),
    times: Number(row.times),
    acknowledgedBy: textOrNull(row.acknowledged_by),
    acknowledgedAt: textOrNull(row.acknowledged_at),
    facts: details.facts as AlarmFacts,
    memory: details.memory as unknown as AlarmMemory,
  };
}

const KINDS = ["CAUSE", "SILENCE", "DELIVERY"] as const satisfies Alarm["kind"][];
const STATUSES = ["PENDING", "ACTIVE", "ACKNOWLEDGED", "CLEARED"] as const satisfies AlarmStatus[];

function requireOneOf<const T extends string>(words: readonly T[], value: SqlValue | undefined): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new Error(`A row of the table alarm has ${String(value)}, not ${words.join(" or ")}`);
  return found;
}

/** Parses JSON that this program wrote. */
function detailsOf(details: SqlValue | undefined): { readonly facts: JsonObject; readonly memory: JsonObject } {
  const parsed: unknown = JSON.parse(String(details));
  if (!isObject(parsed) || !isObject(parsed.facts) || !isObject(parsed.memory)) {
    throw new Error("A row of the table alarm has no facts and memory in details");
  }
  return { facts: parsed.facts, memory: parsed.memory };
}

function textOrNull(value: SqlValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

/**
 * Stores a step, unless the row's status has changed meanwhile: a person has acknowledged it, or another process was
 * first. The next evaluation sees that.
 */
export function stepStatement({ before, after }: AlarmStep): SqlStatement {
  if (after === null) {
    return { sql: "DELETE FROM alarm WHERE id = $1 AND status = $2", parameters: [before?.id ?? "", "PENDING"] };
  }
  if (before === null) {
    const values = valuesOf(after);
    const placeholders = values.map((_, at) => `$${at + 1}`).join(", ");
    return {
      sql: `INSERT INTO alarm (${COLUMNS}) VALUES (${placeholders}) ON CONFLICT (id) DO NOTHING`,
      parameters: values,
    };
  }
  const [id, , , ...values] = valuesOf(after);
  const columns = COLUMNS.split(", ").slice(3);
  const assignments = columns.map((column, at) => `${column} = $${at + 4}`).join(", ");
  return {
    sql: `UPDATE alarm SET ${assignments} WHERE id = $1 AND status = $2 AND times = $3`,
    parameters: [id ?? "", before.status, before.times, ...values],
  };
}

function valuesOf(alarm: Alarm): readonly SqlValue[] {
  return [
    ...[alarm.id, alarm.kind, alarm.subject, alarm.severity, alarm.status],
    ...[alarm.firstAt, alarm.lastAt, alarm.clearedAt, alarm.things, alarm.most, alarm.times],
    ...[alarm.acknowledgedBy, alarm.acknowledgedAt],
    JSON.stringify({ facts: alarm.facts, memory: alarm.memory }),
  ];
}

/** Makes an ACTIVE alarm ACKNOWLEDGED; returns its id if it was ACTIVE. */
export function acknowledgeStatement(id: string, by: string, at: string): SqlStatement {
  return {
    sql: "UPDATE alarm SET status = 'ACKNOWLEDGED', acknowledged_by = $2, acknowledged_at = $3, last_at = $3 WHERE id = $1 AND status = 'ACTIVE' RETURNING id",
    parameters: [id, by, at],
  };
}

const KEPT_DAYS = 400;

/**
 * Deletes alarms and silences that ended long ago; those about delivery stay, since they remember how far was counted.
 * And notices for webhooks that were removed: nobody sends them or gives them up.
 */
export function pruneStatements(nowMs: number): readonly SqlStatement[] {
  const before = (hours: number) => [new Date(nowMs - hours * 3_600_000).toISOString()];
  const parameters = before(KEPT_DAYS * 24);
  return [
    { sql: "DELETE FROM alarm WHERE status = 'CLEARED' AND kind <> 'DELIVERY' AND cleared_at < $1", parameters },
    { sql: "DELETE FROM silence WHERE ends_at < $1", parameters },
    { sql: "DELETE FROM notice WHERE made_at < $1", parameters: before(LONGEST_GIVE_UP_HOURS) },
  ];
}
