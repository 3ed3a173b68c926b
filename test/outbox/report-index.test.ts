import { describe, expect, it } from "vitest";
import type { ReportMark } from "../../src/outbox/mark.js";
import { emptyIndex, runsOf } from "../../src/outbox/report-index.js";

const mark = (sequence: number, over: Partial<ReportMark> = {}): ReportMark => ({
  ...{ type: "R", era: 1, epoch: "e", sequence, kind: "COMPLETE", job: "j", blocking: false, digest: "d" },
  ...over,
});
const onDisk = (segment: number, bytes = 10) => ({ segment, from: 0, bytes });
const at = { wallMs: 1, boot: "b", bootMs: 1 };

describe("emptyIndex", () => {
  it("counts what is on the disk, in memory and in each segment, as reports move", () => {
    const index = emptyIndex();
    index.put(mark(1), "é", null);
    index.put(mark(2), onDisk(1), null);
    expect([index.bytes, index.memoryBytes, index.countIn(1)]).toEqual([12, 2, 1]);

    index.put(mark(1), onDisk(2), null);
    const moved = index.put(mark(2), onDisk(2), null);
    expect([index.bytes, index.memoryBytes, index.countIn(1), index.countIn(2)]).toEqual([20, 0, 0, 2]);

    index.remove(moved);
    index.remove(moved);
    expect([index.bytes, index.countIn(2)]).toEqual([10, 1]);
  });

  it("keeps a report's place when it is put again, and lists sent reports first", () => {
    const index = emptyIndex();
    for (const sequence of [1, 2, 3]) index.put(mark(sequence), onDisk(1), null);

    index.put(mark(1), onDisk(2), null);
    index.put(mark(2), onDisk(1), at);

    expect(index.all().map(({ sequence }) => sequence)).toEqual([2, 1, 3]);
    expect([...index.unsent.keys()]).toEqual(["e.1", "e.3"]);
  });

  it("finds a report by its id, sent or not, until it is removed", () => {
    const index = emptyIndex();
    const waiting = index.put(mark(1), onDisk(1), null);
    const sent = index.put(mark(2), onDisk(1), at);

    expect([index.get("e.1"), index.get("e.2"), index.get("e.3")]).toEqual([waiting, sent, undefined]);
    index.remove(sent);
    expect(index.get("e.2")).toBeUndefined();
  });

  it("puts requeued reports back in order", () => {
    const index = emptyIndex();
    for (const each of [mark(2), mark(1, { era: 2, epoch: "f" }), mark(1)]) index.put(each, onDisk(1), null);

    index.sort();

    expect([...index.unsent.keys()]).toEqual(["e.1", "e.2", "f.1"]);
  });
});

describe("runsOf", () => {
  it("lists first and last sequences per epoch, up to a number of runs", () => {
    const index = emptyIndex();
    for (const sequence of [1, 2, 4, 6, 7]) index.put(mark(sequence), onDisk(1), null);
    index.put(mark(9, { epoch: "f" }), onDisk(1), null);

    expect(runsOf(index.all(), 9)).toEqual({ e: [1, 2, 4, 4, 6, 7], f: [9, 9] });
    expect(runsOf(index.all(), 2)).toEqual({ e: [1, 2, 4, 4] });
  });
});
