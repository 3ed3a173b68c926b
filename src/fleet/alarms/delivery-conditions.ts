import type { Reader } from "../store/database.js";
import type { Alarm, AlarmCondition } from "./alarm.js";
import type { DeliverySettings } from "./alarm-settings.js";
import { shownText } from "./shown-text.js";

/** How long after the last refused message or conflict its alarm stays. */
const COUNTED_MS = 60 * 60_000;

/** The input for judging delivery. */
export interface DeliveryState {
  readonly nowMs: number;
  readonly alarms: readonly Alarm[];
  /** Since when the receiver has had no connection; null: it has one. */
  readonly disconnectedSinceMs: number | null;
}

/** The problems with delivery, one condition each. */
export async function readDelivery(
  reader: Reader,
  settings: DeliverySettings,
  state: DeliveryState,
): Promise<readonly AlarmCondition[]> {
  const found = await Promise.all([
    readGaps(reader, settings, state.nowMs),
    readRefused(reader, settings, state),
    readConflicts(reader, settings, state),
    receiverCondition(settings, state),
  ]);
  return found.filter((condition) => condition !== null);
}

/** Settled epochs with reports beyond a gap, the first of which was stored longer ago than a device takes to resend. */
async function readGaps(reader: Reader, { gapMinutes, severity }: DeliverySettings, nowMs: number) {
  const [row] = await reader.all(
    `SELECT count(DISTINCT thing) AS things, min(thing) AS example FROM (
       SELECT e.thing AS thing, (
         SELECT r.received_at FROM report r
         WHERE r.thing = e.thing AND r.epoch = e.epoch AND r.sequence > e.contiguous ORDER BY r.sequence LIMIT 1
       ) AS received_at FROM epoch e WHERE e.missing > 0 AND e.settles_at IS NULL
     ) AS gap WHERE received_at < $1`,
    [new Date(nowMs - gapMinutes * 60_000).toISOString()],
  );
  const things = Number(row?.things ?? 0);
  return things === 0 ? null : delivery("gaps", severity, things, { example: String(row?.example) });
}

async function readRefused(reader: Reader, { severity }: DeliverySettings, state: DeliveryState) {
  const rows = await reader.all(
    "SELECT reason, count, topic FROM refused WHERE reason <> 'conflict' ORDER BY last_at DESC, reason",
  );
  const total = rows.reduce((sum, { count }) => sum + Number(count), 0);
  const counted = countedOf("refused", total, state);
  if (counted === null) return null;
  const [newest] = rows;
  const last = shownText(`${String(newest?.reason)} on ${String(newest?.topic)}`, 220);
  return delivery("refused", severity, total, { ...counted, last });
}

async function readConflicts(reader: Reader, { severity }: DeliverySettings, state: DeliveryState) {
  const [row] = await reader.all("SELECT sum(value) AS value FROM total WHERE name = 'conflicts'");
  const total = Number(row?.value ?? 0);
  const counted = countedOf("conflicts", total, state);
  return counted === null ? null : delivery("conflicts", severity, total, counted);
}

/** A total that has grown since the alarm was last stored, or within the hour before; null if it has not. */
function countedOf(subject: string, total: number, { alarms, nowMs }: DeliveryState) {
  const facts = alarms.find((one) => one.kind === "DELIVERY" && one.subject === subject)?.facts;
  if (total > (facts?.total ?? 0)) return { total, countedAt: new Date(nowMs).toISOString() };
  const { countedAt } = facts ?? {};
  return countedAt === undefined || Math.abs(nowMs - Date.parse(countedAt)) >= COUNTED_MS ? null : { total, countedAt };
}

function receiverCondition({ disconnectedMinutes }: DeliverySettings, { nowMs, disconnectedSinceMs }: DeliveryState) {
  if (disconnectedSinceMs === null || nowMs - disconnectedSinceMs < disconnectedMinutes * 60_000) return null;
  const last = new Date(disconnectedSinceMs).toISOString();
  return { ...delivery("receiver", "ERROR", 0, { last }), isCertain: true };
}

function delivery(
  subject: string,
  severity: AlarmCondition["severity"],
  things: number,
  facts: AlarmCondition["facts"],
): AlarmCondition {
  return { kind: "DELIVERY", subject, severity, things, facts, mayRaise: true, isCertain: false };
}
