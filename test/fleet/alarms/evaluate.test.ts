import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alarm, AlarmCondition } from "../../../src/fleet/alarms/alarm.js";
import { DEFAULT_ALARM_SETTINGS } from "../../../src/fleet/alarms/alarm-settings.js";
import { type AlarmStep, type Evaluation, evaluate } from "../../../src/fleet/alarms/evaluate.js";
import { someAlarm, someCondition } from "./some-alarm.js";

const MINUTE_MS = 60_000;
const NOON_MS = Date.parse("2026-11-29T12:00:00.000Z");
const idOf = (condition: AlarmCondition) => `${condition.kind.toLowerCase()}-${condition.subject}`;

function evaluationAt(minute: number, more: Partial<Evaluation> = {}): Evaluation {
  const at = new Date(NOON_MS + minute * MINUTE_MS).toISOString();
  return { at, sample: 100 + minute, damping: DEFAULT_ALARM_SETTINGS.damping, isSilenced: () => false, ...more };
}

/** Applies steps to rows, as the store does. */
function applied(alarms: readonly Alarm[], steps: readonly AlarmStep[]): readonly Alarm[] {
  const rows = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  for (const { before, after } of steps) {
    if (after === null) rows.delete(before?.id ?? "");
    else rows.set(after.id, after);
  }
  return [...rows.values()];
}

/** Runs one evaluation a minute with what is there in each; gives the notices by minute and the alarms at the end. */
function run(
  minutes: readonly (readonly AlarmCondition[])[],
  from: readonly Alarm[] = [],
  more: (minute: number) => Partial<Evaluation> = () => ({}),
) {
  const notices: string[] = [];
  let alarms = from;
  for (const [minute, conditions] of minutes.entries()) {
    const steps = evaluate(alarms, conditions, evaluationAt(minute, more(minute)), idOf);
    for (const { notice } of steps) if (notice !== null) notices.push(`${minute}: ${notice}`);
    alarms = applied(alarms, steps);
  }
  return { notices, alarms };
}

const there = (things = 3) => [someCondition({ things })];
const times = <T>(count: number, what: T): T[] => Array.from({ length: count }, () => what);

describe("evaluate", () => {
  it("makes a condition an alarm when it was there in three of the last five minutes", () => {
    const { notices, alarms } = run([there(), [], there(), [], there()]);

    expect(notices).toEqual(["4: raised"]);
    expect(alarms).toMatchObject([
      { status: "ACTIVE", things: 3, most: 3, times: 1, firstAt: "2026-11-29T12:04:00.000Z" },
    ]);
  });

  it("forgets a condition that was there once", () => {
    expect(run([there(1), ...times(5, [])])).toEqual({ notices: [], alarms: [] });
  });

  it("says nothing of a condition that flaps below the limit", () => {
    const minutes = Array.from({ length: 60 }, (_, minute) => (minute % 3 === 0 ? there() : []));

    expect(run(minutes).notices).toEqual([]);
  });

  it("raises at once what many devices have, and what is certain", () => {
    expect(run([there(10)]).notices).toEqual(["0: raised"]);
    expect(run([[someCondition({ things: 0, isCertain: true })]]).notices).toEqual(["0: raised"]);
  });

  it("clears an alarm when it was not there for five minutes, and tells it", () => {
    const { notices, alarms } = run([...times(3, there()), ...times(5, [])]);

    expect(notices).toEqual(["2: raised", "7: cleared"]);
    expect(alarms).toMatchObject([{ status: "CLEARED", things: 0, most: 3, clearedAt: "2026-11-29T12:07:00.000Z" }]);
  });

  it("keeps an alarm that flaps open", () => {
    const flapping = Array.from({ length: 40 }, (_, minute) => (minute % 4 === 0 ? there() : []));

    expect(run([...times(3, there()), ...flapping]).notices).toEqual(["2: raised"]);
  });

  it("raises an alarm again that was cleared, in the same row and as active, whoever acknowledged it before", () => {
    const cleared = someAlarm({
      ...{ id: "cause-c1", status: "CLEARED", clearedAt: "2026-11-29T11:00:00.000Z", things: 0 },
      acknowledgedBy: "ada",
      memory: { seen: "00000", sample: 90, notices: 2, told: null },
    });

    const { notices, alarms } = run(times(3, there()), [cleared]);

    expect(notices).toEqual(["2: raised"]);
    expect(alarms).toMatchObject([
      { status: "ACTIVE", times: 2, acknowledgedBy: null, clearedAt: null, firstAt: "2026-11-29T12:02:00.000Z" },
    ]);
  });

  it("tells growth once it is twice as much, and not more often than every 15 minutes, also when acknowledged", () => {
    const acknowledged = someAlarm({ id: "cause-c1", status: "ACKNOWLEDGED", acknowledgedBy: "ada" });

    const { notices, alarms } = run([there(5), ...times(13, there(6)), ...times(20, there(30))], [acknowledged]);

    expect(notices).toEqual(["15: grown"]);
    expect(alarms).toMatchObject([{ status: "ACKNOWLEDGED", most: 30, things: 30, acknowledgedBy: "ada" }]);
  });

  it("tells when an alarm has become worse", () => {
    const silent = someAlarm({
      ...{ id: "silence-silent:", kind: "SILENCE", subject: "silent:", severity: "WARNING" },
      memory: {
        seen: "11111",
        sample: 99,
        notices: 1,
        told: { things: 3, severity: "WARNING", at: "2026-11-29T11:00:00.000Z" },
      },
    });
    const condition = someCondition({ kind: "SILENCE", subject: "silent:", severity: "ERROR" });

    expect(run([[condition]], [silent]).notices).toEqual(["0: grown"]);
  });

  it("holds notices back while a silence matches, and tells what is still there when it ends", () => {
    const { notices } = run(times(10, there()), [], (minute) => ({ isSilenced: () => minute < 8 }));

    expect(notices).toEqual(["8: raised"]);
  });

  it("does not tell what began and ended in a silence, nor what was acknowledged in it", () => {
    const silenced = () => ({ isSilenced: () => true });
    const whole = run([...times(3, there()), ...times(6, [])], [], silenced);
    const acknowledged = someAlarm({
      id: "cause-c1",
      status: "ACKNOWLEDGED",
      memory: { seen: "111", sample: 100, notices: 0, told: null },
    });

    expect(whole.notices).toEqual([]);
    expect(run([there()], [acknowledged]).notices).toEqual([]);
  });

  it("tells the end of what was told, also in a silence", () => {
    const { notices } = run([...times(3, there()), ...times(5, [])], [], (minute) => ({
      isSilenced: () => minute > 2,
    }));

    expect(notices).toEqual(["2: raised", "7: cleared"]);
  });

  it("raises nothing by a condition that may not, and keeps an open alarm open by it", () => {
    const unsettled = [someCondition({ mayRaise: false, things: 500 })];

    expect(run(times(10, unsettled)).alarms).toEqual([]);
    expect(run(times(10, unsettled), [someAlarm({ id: "cause-c1" })]).alarms).toMatchObject([{ status: "ACTIVE" }]);
  });

  it("takes one sample a minute however often it evaluates", () => {
    const often = { sample: 100 };

    expect(run(times(30, there()), [], () => often).alarms).toMatchObject([{ status: "PENDING" }]);
  });

  it("goes on after its clock was set back by a day", () => {
    const { notices } = run([...times(3, there()), ...times(6, [])], [], (minute) =>
      minute < 3 ? {} : { sample: minute - 1_440 },
    );

    expect(notices).toEqual(["2: raised", "7: cleared"]);
  });

  it("has nothing to store while nothing changes", () => {
    const { alarms } = run(times(8, there()));

    expect(evaluate(alarms, there(), evaluationAt(9), idOf)).toEqual([]);
    expect(evaluate([], [], evaluationAt(9), idOf)).toEqual([]);
  });

  it("comes to the same when each row goes through JSON, and tells each beginning and end once", () => {
    const minutes = fc
      .array(fc.nat(12), { maxLength: 80 })
      .map((all) => all.map((things) => (things < 6 ? [] : there(things))));
    fc.assert(
      fc.property(minutes, (conditions) => {
        const once = run(conditions);
        let alarms: readonly Alarm[] = [];
        for (const [minute, some] of conditions.entries()) {
          const steps = evaluate(JSON.parse(JSON.stringify(alarms)), some, evaluationAt(minute), idOf);
          alarms = applied(alarms, steps);
        }
        expect(alarms).toEqual(once.alarms);
        const told = once.notices.map((one) => one.replace(/.*: /, "")).filter((one) => one !== "grown");
        expect(told.every((one, at) => one === (at % 2 === 0 ? "raised" : "cleared"))).toBe(true);
        const [alarm] = once.alarms;
        expect(told.length % 2 === 1).toBe(alarm?.status === "ACTIVE");
      }),
    );
  });
});
