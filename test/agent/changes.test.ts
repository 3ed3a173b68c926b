import { describe, expect, it } from "vitest";
import { reportedContents } from "../../src/agent/changes.js";
import { someResult } from "./builders.js";

const HOUR = 3_600_000;
const when = (hours: number, inFull = false) => ({ heartbeatHours: 24, nowMs: hours * HOUR, inFull });

/** The examined reports of two jobs, with what each says. */
function examined(first = "a", second = "b") {
  const { reports } = someResult(
    {},
    { reported: [{}, { component: { ...PART, name: "Other" }, job: { ...JOB, name: "other" } }] },
  );
  return reports.map((one, at) => ({ ...one, content: at === 0 ? first : second }));
}
const { component: PART, job: JOB } = someResult().reports[0]?.report ?? expect.unreachable();
const kinds = (drafts: readonly { key: string; report: { kind: string } }[]) =>
  drafts.map(({ key, report }) => `${key} ${report.kind}`);

describe("reportedContents", () => {
  it("reports each job in full at first, then only the ones that changed", () => {
    const reported = reportedContents();
    const first = reported.changes(examined(), when(0));
    reported.remember(first, 0);

    expect(kinds(first)).toEqual(["bolts/inspect-7 COMPLETE", "bolts/other COMPLETE"]);
    expect(kinds(reported.changes(examined(), when(1)))).toEqual([]);
    expect(kinds(reported.changes(examined("a", "changed"), when(1)))).toEqual(["bolts/other COMPLETE"]);
  });

  it("reports all in full when asked", () => {
    const reported = reportedContents();
    reported.remember(reported.changes(examined(), when(0)), 0);

    expect(kinds(reported.changes(examined(), when(1, true)))).toHaveLength(2);
  });

  it("returns a heartbeat for a job that was silent for long enough, however the clock was set", () => {
    const reported = reportedContents();
    reported.remember(reported.changes(examined(), when(0)), 0);

    expect(kinds(reported.changes(examined(), when(24)))).toEqual([
      "bolts/inspect-7 HEARTBEAT",
      "bolts/other HEARTBEAT",
    ]);
    expect(kinds(reported.changes(examined(), when(-1)))).toHaveLength(2);
  });

  it("distinguishes models without a job, by their components", () => {
    const NONE = { ...JOB, project: null, name: null };
    const parts = ["Bolts", "Caps"].map((name) => ({ component: { ...PART, name }, job: NONE }));
    const { reports } = someResult({}, { reported: parts });
    const reported = reportedContents();
    const first = reported.changes(reports, when(0));
    reported.remember(first, 0);
    const beats = reported.changes(reports, when(24));

    expect(kinds(first)).toEqual(["null/Bolts COMPLETE", "null/Caps COMPLETE"]);
    expect(beats.map(({ report }) => [report.kind, report.component.name])).toEqual([
      ["HEARTBEAT", "Bolts"],
      ["HEARTBEAT", "Caps"],
    ]);
  });

  it("leaves heartbeats to a check for 2 minutes, then gives them with the present storage", () => {
    const reported = reportedContents();
    reported.remember(reported.changes(examined(), when(0)), 0);
    const at = { heartbeatHours: 24, nowMs: 24 * HOUR + 119_999 };

    expect(reported.heartbeats(examined(), "memory", at)).toEqual([]);
    const late = { ...at, nowMs: at.nowMs + 1 };
    expect(reported.heartbeats(examined(), "memory", late).map(({ report }) => report.agent.outbox)).toEqual([
      "memory",
      "memory",
    ]);
  });

  it("reports how long it is until the first heartbeat may be needed", () => {
    const reported = reportedContents();
    const [first, second] = reported.changes(examined(), when(0));
    reported.remember(first === undefined ? [] : [first], 0);
    reported.remember(second === undefined ? [] : [second], 2 * HOUR);

    expect(reported.heartbeatInMs(examined(), when(4))).toBe(20 * HOUR + 120_000);
  });
});
