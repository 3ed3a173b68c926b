import type { SqlStatement } from "../store/database.js";
import { type Alarm, alarmTitle, severityRank } from "./alarm.js";
import type { WebhookSettings } from "./alarm-settings.js";
import type { AlarmStep, NoticeType } from "./evaluate.js";

/**
 * A notice as CloudEvents 1.0 in structured JSON. Its id consists of the alarm, how often it became active and the
 * notice's number, so that the same notice has the same id, whichever process makes it.
 */
export function cloudEventOf(alarm: Alarm, type: NoticeType, at: string, source: string): string {
  const { id, kind, severity, status, things, most, times, firstAt, clearedAt, acknowledgedBy, facts } = alarm;
  return JSON.stringify({
    specversion: "1.0",
    id: eventId(alarm),
    source,
    type: `io.packdrift.fleet.alarm.${type}`,
    subject: id,
    time: at,
    datacontenttype: "application/json",
    data: {
      ...{
        alarm: id,
        kind,
        severity,
        status,
        title: alarmTitle(alarm),
        things,
        most,
        times,
        firstAt,
        clearedAt,
        acknowledgedBy,
      },
      cause: kind === "CAUSE" ? alarm.subject : null,
      rule: facts.rule ?? null,
      expected: facts.expected ?? null,
      actual: facts.actual ?? null,
      example: facts.example ?? null,
    },
  });
}

function eventId({ id, times, memory }: Alarm): string {
  return `${id}.${times}.${memory.notices}`;
}

/**
 * Queues a step's notice for each webhook that wants its severity, in the step's own transaction: only if the step
 * itself took effect, and once, however many processes make it.
 */
export function noticeStatements(
  { after, notice }: AlarmStep,
  webhooks: readonly WebhookSettings[],
  at: string,
  source: string,
): readonly SqlStatement[] {
  if (after === null || notice === null) return [];
  const body = cloudEventOf(after, notice, at, source);
  // A webhook that was notified of the highest severity is notified of the end.
  const told = after.memory.told?.severity ?? after.severity;
  const severity = severityRank(told) > severityRank(after.severity) ? told : after.severity;
  return webhooks
    .filter(({ severities }) => severities.includes(severity))
    .map(({ name }) => ({
      sql: `INSERT INTO notice (id, url_key, body, made_at, next_at, tries, error)
        SELECT CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), CAST($4 AS text), CAST($4 AS text), 0, NULL
        WHERE EXISTS (SELECT 1 FROM alarm WHERE id = $5 AND status = $6 AND times = $7 AND details = $8)
        ON CONFLICT (id) DO NOTHING`,
      parameters: [
        ...[`${eventId(after)} ${name}`, name, body, at, after.id, after.status, after.times],
        JSON.stringify({ facts: after.facts, memory: after.memory }),
      ],
    }));
}
