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
  it("raises an alarm for a condition that was seen in three of the last five minutes", () => {
    const { notices, alarms } = run([there(), [], there(), [], there()]);

    expect(notices).toEqual(["4: raised"]);
    expect(alarms).toMatchObject([
      { status: "ACTIVE", things: 3, most: 3, times: 1, firstAt: "2026-11-29T12:04:00.000Z" },
    ]);
  });

  it("forgets a condition that was seen once", () => {
    expect(run([there(1), ...times(5, [])])).toEqual({ notices: [], alarms: [] });
  });

  it("raises no alarm for a condition that flaps below the limit", () => {
    const minutes = Array.from({ length: 60 }, (_, minute) => (minute % 3 === 0 ? there() : []));

    expect(run(minutes).notices).toEqual([]);
  });

  it("raises at once an alarm for what many devices have, or what is certain", () => {
    expect(run([there(10)]).notices).toEqual(["0: raised"]);
    expect(run([[someCondition({ things: 0, isCertain: true })]]).notices).toEqual(["0: raised"]);
  });

  it("clears an alarm when its condition was gone for five minutes, and sends a notice", () => {
    const { notices, alarms } = run([...times(3, there()), ...times(5, [])]);

    expect(notices).toEqual(["2: raised", "7: cleared"]);
    expect(alarms).toMatchObject([{ status: "CLEARED", things: 0, most: 3, clearedAt: "2026-11-29T12:07:00.000Z" }]);
  });

  it("keeps an alarm that flaps open", () => {
    const flapping = Array.from({ length: 40 }, (_, minute) => (minute % 4 === 0 ? there() : []));

    expect(run([...times(3, there()), ...flapping]).notices).toEqual(["2: raised"]);
  });

  it("raises a cleared alarm again as active, in the same row, even if it had been acknowledged", () => {
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

  it("sends a notice when an alarm has doubled, at most every 15 minutes, also when it is acknowledged", () => {
    const acknowledged = someAlarm({ id: "cause-c1", status: "ACKNOWLEDGED", acknowledgedBy: "ada" });

    const { notices, alarms } = run([there(5), ...times(13, there(6)), ...times(20, there(30))], [acknowledged]);

    expect(notices).toEqual(["15: grown"]);
    expect(alarms).toMatchObject([{ status: "ACKNOWLEDGED", most: 30, things: 30, acknowledgedBy: "ada" }]);
  });

  it("sends a notice when an alarm has become worse", () => {
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

  it("holds notices back while a silence matches, and sends those that still apply when it ends", () => {
    const { notices } = run(times(10, there()), [], (minute) => ({ isSilenced: () => minute < 8 }));

    expect(notices).toEqual(["8: raised"]);
  });

  it("sends no notice of what began and ended during a silence, nor of what was acknowledged during it", () => {
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

  it("sends the end of each alarm that it sent a notice of, even during a silence", () => {
    const { notices } = run([...times(3, there()), ...times(5, [])], [], (minute) => ({
      isSilenced: () => minute > 2,
    }));

    expect(notices).toEqual(["2: raised", "7: cleared"]);
  });

  it("raises no alarm for a condition that may not raise one, but keeps an open alarm open for it", () => {
    const unsettled = [someCondition({ mayRaise: false, things: 500 })];

    expect(run(times(10, unsettled)).alarms).toEqual([]);
    expect(run(times(10, unsettled), [someAlarm({ id: "cause-c1" })]).alarms).toMatchObject([{ status: "ACTIVE" }]);
  });

  it("takes one sample a minute however often it evaluates", () => {
    const often = { sample: 100 };

    expect(run(times(30, there()), [], () => often).alarms).toMatchObject([{ status: "PENDING" }]);
  });

  it("continues after its clock was set back by a day", () => {
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

  it("gives the same result when each row goes through JSON, and sends each beginning and end once", () => {
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
