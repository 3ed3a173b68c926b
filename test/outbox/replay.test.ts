import { describe, expect, it } from "vitest";
import type { Mark, ReportMark } from "../../src/outbox/record.js";
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
const records = (marks: readonly Mark[]) => marks.map((mark, n) => ({ mark, segment: 1, from: 100 * n, bytes: 100 }));
const replayed = (...marks: readonly Mark[]) => {
  const { reports, state } = replay(records(marks));
  return { sequences: reports.map(({ mark }) => mark.sequence), reports, state };
};

describe("replay", () => {
  it("knows no state where there is no record", () => {
    expect(replay([])).toEqual({ reports: [], state: null });
  });

  it("continues after the last report, with its seal", () => {
    const { sequences, state } = replayed(header(), report(1), report(2));

    expect(sequences).toEqual([1, 2]);
    expect(state).toEqual({ era: 1, epoch: "e", sequence: 2, gaps: [], digest: "d2", acknowledged: false });
  });

  it("keeps a sent report until the cloud has it, and one that was not sent after that too", () => {
    const sent: Mark = { type: "S", epoch: "e", sequence: 1, at };

    expect(replayed(header(), report(1), sent).reports[0]?.sentAt).toEqual(at);
    const { sequences, state } = replayed(header(), report(1), report(2), sent, { type: "A", epoch: "e", sequence: 2 });
    expect([sequences, state?.acknowledged]).toEqual([[2], true]);
  });

  it("names a discarded report as a gap, with the gaps that it was to name, unless it had been delivered", () => {
    const gaps = [{ epoch: "e", fromSequence: 1, toSequence: 1, count: 1 }];
    const dropped: Mark = { type: "D", epoch: "e", sequence: 2 };

    expect(replayed(header({ sequence: 1 }), report(2, { gaps }), dropped).state?.gaps).toEqual([
      { epoch: "e", fromSequence: 1, toSequence: 2, count: 2 },
    ]);
    expect(replayed(header({ sequence: 1 }), report(2), { ...dropped, told: true }).state?.gaps).toEqual([]);
  });

  it("names sequences that a later record skips, and those that the header lists and nothing tells of", () => {
    expect(replayed(header(), report(1), report(4)).state?.gaps).toEqual([
      { epoch: "e", fromSequence: 2, toSequence: 3, count: 2 },
    ]);
    expect(replayed(header({ sequence: 3, waiting: { e: [2, 3] } }), report(3, { copy: true })).state?.gaps).toEqual([
      { epoch: "e", fromSequence: 2, toSequence: 2, count: 1 },
    ]);
  });

  it("takes the location of the copy, and no new state from it", () => {
    const { reports, state } = replayed(header(), report(1), report(2), report(1, { copy: true }));

    expect(reports.map(({ location }) => location.from)).toEqual([300, 200]);
    expect(state?.digest).toBe("d2");
  });

  it("orders reports by era, then by sequence", () => {
    const { reports } = replayed(header(), report(2, { era: 2, epoch: "f" }), report(3), report(1, { copy: true }));

    expect(reports.map(({ mark }) => `${mark.epoch}.${mark.sequence}`)).toEqual(["e.1", "e.3", "f.2"]);
  });
});
