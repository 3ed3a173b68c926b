import type { AlarmView } from "../state/views.js";
import { titleOf } from "./alarm.js";
import type { ShownAlarm } from "./alarm-rows.js";
import type { SilenceView } from "./alarms-port.js";
import { silencedUntil } from "./silence.js";

/** An alarm as it is shown. */
export function viewOf(alarm: ShownAlarm, silences: readonly SilenceView[]): AlarmView {
  const { id, kind, status, severity, things, most, times, firstAt, lastAt, clearedAt, acknowledgedBy } = alarm;
  return {
    ...{ id, kind, status, severity, title: titleOf(alarm), cause: kind === "CAUSE" ? alarm.subject : null },
    ...{ things, most, times, firstAt, lastAt, clearedAt, acknowledgedBy },
    silencedUntil: silencedUntil(silences, alarm),
  };
}
