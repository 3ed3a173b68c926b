import type { AlarmView } from "../state/views.js";
import type { Reader } from "../store/database.js";
import { alarmTitle } from "./alarm.js";
import { readShown, type ShownAlarm } from "./alarm-rows.js";
import type { AlarmFilter, SilenceView } from "./alarms-port.js";
import { readSilences, silencedUntil } from "./silence.js";

/** More than can be open: 1,000 causes, some about delivery, and one for each of 200 groups of silent devices. */
const MOST_LISTED = 1_500;

/** Alarms in the form in which they are shown, open ones first. */
export async function listAlarms(reader: Reader, filter: AlarmFilter, nowMs: number): Promise<readonly AlarmView[]> {
  const [alarms, silences] = await Promise.all([readShown(reader, filter, MOST_LISTED), readSilences(reader, nowMs)]);
  return alarms.map((alarm) => viewOf(alarm, silences));
}

function viewOf(alarm: ShownAlarm, silences: readonly SilenceView[]): AlarmView {
  const { id, kind, status, severity, things, most, times, firstAt, lastAt, clearedAt, acknowledgedBy } = alarm;
  return {
    ...{ id, kind, status, severity, title: alarmTitle(alarm), cause: kind === "CAUSE" ? alarm.subject : null },
    ...{ things, most, times, firstAt, lastAt, clearedAt, acknowledgedBy },
    silencedUntil: silencedUntil(silences, alarm),
  };
}
