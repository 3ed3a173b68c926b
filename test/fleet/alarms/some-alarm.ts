import type { Alarm, AlarmCondition } from "../../../src/fleet/alarms/alarm.js";

/** A cause on three devices. */
export function someCondition(more: Partial<AlarmCondition> = {}): AlarmCondition {
  return {
    kind: "CAUSE",
    subject: "c1",
    severity: "BLOCKING",
    things: 3,
    facts: { rule: "compiler.trt-ver", expected: "8.2.1", actual: "8.5.2", outcome: "DRIFT", example: "cam-1" },
    mayRaise: true,
    isCertain: false,
    ...more,
  };
}

/** An alarm that became active at noon and about which a notice was made. */
export function someAlarm(more: Partial<Alarm> = {}): Alarm {
  const { kind, subject, severity, things, facts } = someCondition();
  return {
    ...{ id: "cause-1", kind, subject, severity, status: "ACTIVE" },
    ...{ firstAt: "2026-11-29T12:00:00.000Z", lastAt: "2026-11-29T12:00:00.000Z", clearedAt: null },
    ...{ things, most: things, times: 1, acknowledgedBy: null, acknowledgedAt: null, facts },
    memory: { seen: "111", sample: 100, notices: 1, told: { things, severity, at: "2026-11-29T12:00:00.000Z" } },
    ...more,
  };
}
