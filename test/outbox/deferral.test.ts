import { describe, expect, it } from "vitest";
import { chooseProbe, chooseReports } from "../../src/outbox/choose-reports.js";
import { noneDeferred } from "../../src/outbox/deferral.js";
import type { QueuedReport } from "../../src/outbox/report-index.js";

const queued = (sequence: number, over: Partial<QueuedReport> = {}): QueuedReport => ({
  ...{ id: `e.${sequence}`, epoch: "e", sequence, kind: "COMPLETE", job: "j", blocking: false },
  ...over,
});
const [one, two, three] = [queued(1), queued(2, { blocking: true }), queued(3, { kind: "HEARTBEAT" })];

describe("chooseReports", () => {
  it("returns all, those with blocking findings, or one of these before any other", () => {
    expect(chooseReports([one, two, three], "all")).toEqual([one, two, three]);
    expect(chooseReports([one, two, three], "blocking")).toEqual([two]);
    expect(chooseReports([one, two, three], "one")).toEqual([two]);
    expect(chooseReports([one, three], "one")).toEqual([one]);
    expect(chooseReports([], "one")).toEqual([]);
  });
});

describe("chooseProbe", () => {
  it("returns another report with each attempt, and null when there is no other", () => {
    expect([0, 1, 2].map((attempt) => chooseProbe([one, two, three], one, attempt))).toEqual([two, three, two]);
    expect(chooseProbe([one], one, 0)).toBeNull();
  });
});

describe("noneDeferred", () => {
  function scene() {
    const clock = { ms: 0 };
    return {
      clock,
      deferral: noneDeferred(
        () => clock.ms,
        () => 0.5,
      ),
    };
  }

  it("defers a single report, or all of a kind whose topic is forbidden", () => {
    const { deferral } = scene();
    deferral.add(one, false);
    deferral.add(three, true);

    expect([one, two, three, queued(4, { kind: "HEARTBEAT" })].map(deferral.has)).toEqual([true, false, true, true]);
    deferral.remove(three, true);
    deferral.remove(one, false);
    expect([one, three].some(deferral.has)).toBe(false);
  });

  it("returns deferred reports in turn, each after a growing wait", () => {
    const { clock, deferral } = scene();
    expect([deferral.add(one, false), deferral.add(two, false)]).toEqual([500, 1_000]);

    expect(deferral.due([one, two])).toBeNull();
    clock.ms = deferral.waitMs();
    expect(deferral.due([one, two])).toEqual(one);
    deferral.add(one, false);
    deferral.makeDue();
    expect([deferral.waitMs(), deferral.due([one, two])]).toEqual([0, two]);
  });

  it("forgets reports that no longer wait", () => {
    const { deferral } = scene();
    deferral.add(one, false);

    deferral.keepOnly([two]);

    expect(deferral.has(one)).toBe(false);
  });
});
