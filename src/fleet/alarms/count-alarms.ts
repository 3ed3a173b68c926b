import type { Reader } from "../store/database.js";
import type { WebhookSettings } from "./alarm-settings.js";

/** Alarms of one kind, severity and status. */
export interface AlarmCount {
  readonly kind: string;
  readonly severity: string;
  readonly status: string;
  readonly count: number;
}

/** Notices that wait for one webhook. */
export interface QueueCount {
  readonly webhook: string;
  readonly queued: number;
  readonly oldestAt: string | null;
}

/** Every combination that an open alarm can have, even without such an alarm: a missing series raises no alert. */
export async function countAlarms(reader: Reader): Promise<readonly AlarmCount[]> {
  const rows = await reader.all(
    "SELECT kind, severity, status, count(*) AS count FROM alarm WHERE status <> 'PENDING' GROUP BY kind, severity, status",
  );
  const found = new Map(
    rows.map(({ kind, severity, status, count }) => [`${kind} ${severity} ${status}`, Number(count)]),
  );
  return KINDS.flatMap((kind) =>
    SEVERITIES.flatMap((severity) =>
      STATUSES.map((status) => ({ kind, severity, status, count: found.get(`${kind} ${severity} ${status}`) ?? 0 })),
    ),
  );
}

const KINDS = ["CAUSE", "SILENCE", "DELIVERY"];
const SEVERITIES = ["BLOCKING", "ERROR", "WARNING", "INFO"];
const STATUSES = ["ACTIVE", "ACKNOWLEDGED", "CLEARED"];

export async function countQueues(
  reader: Reader,
  webhooks: readonly WebhookSettings[],
): Promise<readonly QueueCount[]> {
  const rows = await reader.all(
    "SELECT url_key, count(*) AS queued, min(made_at) AS oldest FROM notice GROUP BY url_key",
  );
  return webhooks.map(({ name }) => {
    const row = rows.find((one) => one.url_key === name);
    return { webhook: name, queued: Number(row?.queued ?? 0), oldestAt: row === undefined ? null : String(row.oldest) };
  });
}
