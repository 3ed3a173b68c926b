import { describe, expect, it } from "vitest";
import type { Mark, ReportMark } from "../../src/outbox/mark.js";
import { replay } from "../../src/outbox/replay.js";

const at = { wallMs: 1, boot: "b", bootMs: 1 };
const header = (over: Partial<Extract<Mark, { type: "H" }>> = {}): Mark => ({
  ...{ type: "H", v: 1, era: 1, epoch: "e", sequence: 0, gaps: [], digest: null, acknowledged: false },
  ...over,
});
const report = (sequence: number, over: Partial<ReportMark> = {}): Mark => ({
  ...{ type: "R", era: 1, epoch: "e", sequence, kind: "COMPLETE", job: "j", blocking: false, digest: `d${sequence}` },
  ...over,
});
const sent = (sequence: number, epoch = "e"): Mark => ({ type: "S", epoch, sequence, at });
const acknowledged = (sequence: number): Mark => ({ type: "A", epoch: "e", sequence });
const dropped = (sequence: number, over: { told?: true } = {}): Mark => ({ type: "D", epoch: "e", sequence, ...over });
const gap = (fromSequence: number, toSequence = fromSequence) => ({
  ...{ epoch: "e", fromSequence, toSequence, count: toSequence - fromSequence + 1 },
});
const records = (marks: readonly Mark[]) => marks.map((mark, n) => ({ mark, segment: 1, from: 100 * n, bytes: 100 }));
const replayed = (...marks: readonly Mark[]) => {
  const { reports, state } = replay(records(marks));
  return { sequences: reports.map(({ mark }) => mark.sequence), reports, state };
};

describe("replay", () => {
  it("has no state without records", () => {
    expect(replay([])).toEqual({ reports: [], state: null });
  });

  it("continues after the last report, with its seal", () => {
    const { sequences, state } = replayed(header(), report(1), report(2));

    expect(sequences).toEqual([1, 2]);
    expect(state).toEqual({ era: 1, epoch: "e", sequence: 2, gaps: [], digest: "d2", acknowledged: false });
  });

  it("keeps a sent report until the cloud has it, and one that was not sent after that too", () => {
    expect(replayed(header(), report(1), sent(1)).reports[0]?.sentAt).toEqual(at);
    const { sequences, state } = replayed(header(), report(1), report(2), sent(1), acknowledged(2));
    expect([sequences, state?.acknowledged]).toEqual([[2], true]);
  });

  it("names a discarded report as a gap, with the gaps that it was to name, unless it had been delivered", () => {
    const naming = report(2, { gaps: [gap(1)] });

    expect(replayed(header({ sequence: 1 }), naming, dropped(2)).state?.gaps).toEqual([gap(1, 2)]);
    expect(replayed(header({ sequence: 1 }), report(2), dropped(2, { told: true })).state?.gaps).toEqual([]);
  });

  it("names sequences that a later record skips, and those that the header lists and nothing else names", () => {
    expect(replayed(header(), report(1), report(4)).state?.gaps).toEqual([gap(2, 3)]);
    const waiting = { e: [2, 3] };
    expect(replayed(header({ sequence: 3, waiting }), report(3, { copy: true })).state?.gaps).toEqual([gap(2)]);
  });

  it("names a run of any length at once, except what is known of it", () => {
    const waiting = { e: [1, 1e12 - 1] };
    const { state } = replayed(header({ sequence: 1e12, waiting }), report(5, { copy: true }), acknowledged(2));

    expect(state?.gaps).toEqual([gap(3, 4), gap(6, 1e12 - 1)]);
  });

  it("uses the location of the copy, and no new state from it", () => {
    const { reports, state } = replayed(header(), report(1), report(2), report(1, { copy: true }));

    expect(reports.map(({ location }) => location.from)).toEqual([300, 200]);
    expect(state?.digest).toBe("d2");
  });

  it("orders reports by era, then by sequence", () => {
    const { reports } = replayed(header(), report(2, { era: 2, epoch: "f" }), report(3), report(1, { copy: true }));

    expect(reports.map(({ mark }) => `${mark.epoch}.${mark.sequence}`)).toEqual(["e.1", "e.3", "f.2"]);
  });

  it("has no state from records that only mark reports", () => {
    expect(replay(records([acknowledged(1)]))).toEqual({ reports: [], state: null });
    expect(replay(records([dropped(1)]))).toEqual({ reports: [], state: null });
    expect(replay(records([sent(1)]))).toEqual({ reports: [], state: null });
  });

  it("continues from a report before which nothing is left, without gaps before it", () => {
    const { sequences, state } = replayed(report(4));

    expect(sequences).toEqual([4]);
    expect(state).toEqual({ era: 1, epoch: "e", sequence: 4, gaps: [], digest: "d4", acknowledged: false });
  });

  it("assigns no sequence twice, whichever record names the highest", () => {
    expect(replayed(header(), report(1), report(2), sent(1)).state?.sequence).toBe(2);
    expect(replayed(header(), report(1), sent(3)).state?.sequence).toBe(3);
    expect(replayed(header(), report(1), report(2), header({ sequence: 1 })).state?.sequence).toBe(2);
  });

  it("keeps gaps until a report names them, and that the cloud has acknowledged something", () => {
    const before = header({ sequence: 2, gaps: [gap(1), gap(2)], acknowledged: true });

    expect(replayed(before, report(3)).state).toMatchObject({ gaps: [gap(1), gap(2)], acknowledged: true });
    expect(replayed(before, report(3, { gaps: [gap(1)] })).state?.gaps).toEqual([gap(2)]);
  });

  it("knows from a moved report when it was sent, and from the earlier record where the copy does not say", () => {
    expect(replayed(header(), report(1, { copy: true, sent: at })).reports[0]?.sentAt).toEqual(at);
    expect(replayed(header(), report(1), sent(1), report(1, { copy: true })).reports[0]?.sentAt).toEqual(at);
    expect(replayed(header(), report(1), report(1, { copy: true })).reports[0]?.sentAt).toBeNull();
  });

  it("frees by an acknowledgement only sent reports of its epoch, up to its sequence", () => {
    const all = [report(1), report(2), report(3), sent(1), sent(2), sent(3)];
    const other = [report(1, { epoch: "f", era: 2 }), sent(1, "f")];

    const { reports } = replayed(header(), ...all, ...other, acknowledged(2));

    expect(reports.map(({ mark }) => `${mark.epoch}.${mark.sequence}`)).toEqual(["e.3", "f.1"]);
  });

  it("believes that a sent report has arrived only while the cloud has never acknowledged anything", () => {
    const waiting = { e: [1, 1] };

    expect(replayed(header({ sequence: 1, waiting }), sent(1)).state?.gaps).toEqual([]);
    expect(replayed(header({ sequence: 1, waiting, acknowledged: true }), sent(1)).state?.gaps).toEqual([gap(1)]);
  });

  it("names no gap up to the highest acknowledged sequence, in whichever order acknowledgements came", () => {
    const before = header({ sequence: 4, waiting: { e: [1, 4] } });

    expect(replayed(before, acknowledged(3)).state?.gaps).toEqual([gap(4)]);
    expect(replayed(before, acknowledged(3), acknowledged(1)).state?.gaps).toEqual([gap(4)]);
  });

  it("names each run that a header lists as waiting, and not what is between runs or before the header", () => {
    const waiting = { e: [1, 2, 5, 6] };

    expect(replayed(header({ sequence: 6, waiting })).state?.gaps).toEqual([gap(1, 2), gap(5, 6)]);
    expect(replayed(header({ sequence: 6 }), report(8)).state?.gaps).toEqual([gap(7)]);
  });

  it("names a discarded report once, also where its own record is lost", () => {
    expect(replayed(header(), report(1), dropped(1)).state?.gaps).toEqual([gap(1)]);
    expect(replayed(header({ sequence: 1 }), dropped(1)).state?.gaps).toEqual([gap(1)]);
    const named = report(2, { gaps: [gap(1)] });
    expect(replayed(header(), report(1), dropped(1), named, dropped(1)).state?.gaps).toEqual([]);
  });
});
