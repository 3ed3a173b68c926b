import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReceiver } from "../../../src/fleet/receiving/receive.js";
import type { Received } from "../../../src/fleet/receiving/received.js";
import { encodeReport } from "../../../src/report/encode.js";
import type { CompleteReport } from "../../../src/report/report.js";
import { startCpuTime } from "../../cpu-time.js";
import { sha256 } from "../../outbox/builders.js";
import { someFinding, someReport } from "../../report/builders.js";

const some = (sequence: number, over: Partial<CompleteReport> = {}) =>
  someReport({ sequence, id: `${over.epoch ?? "e1"}.${sequence}`, ...over });
const receiver = (over: Partial<Parameters<typeof createReceiver>[0]> = {}) =>
  createReceiver({ digest: sha256, ...over });
const lost = (fromSequence: number, toSequence: number, count = toSequence - fromSequence + 1) => ({
  fromSequence,
  toSequence,
  count,
});

const flip = (value: object) => Object.fromEntries(Object.entries(value).reverse());

/** What came of it, in a word each. */
function short(received: readonly Received[]): readonly string[] {
  return received.map((each) => {
    switch (each.kind) {
      case "report":
        return `${each.report.sequence}${each.late ? " late" : ""}`;
      case "gap":
        return `${each.named ? "named" : "missing"} ${each.fromSequence}-${each.toSequence}`;
      case "refused":
        return "refused";
      case "duplicate":
        return `duplicate ${each.id}`;
      default:
        return `${each.kind} ${each.report.sequence}`;
    }
  });
}
const take = (to: ReturnType<typeof receiver>, ...reports: readonly CompleteReport[]) =>
  short(reports.flatMap((report) => to.receive(JSON.stringify(report))));

describe("createReceiver", () => {
  it("returns reports in order, whatever order they arrive in", () => {
    expect(take(receiver({ fromStart: true }), some(3), some(1), some(2))).toEqual(["early 3", "1", "2", "3"]);
  });

  it("begins with the first report that it sees, unless it expects all", () => {
    expect(take(receiver(), some(7), some(8))).toEqual(["7", "8"]);
    expect(take(receiver({ fromStart: true }), some(2))).toEqual(["early 2"]);
  });

  it("begins an older epoch than its first at the first report seen, and a later epoch at its beginning", () => {
    const to = receiver();
    const older = (sequence: number) => some(sequence, { checkedAt: "2026-11-22T18:00:00.000Z" });
    const newer = (sequence: number) => some(sequence, { epoch: "e3", checkedAt: "2026-11-24T18:00:00.000Z" });
    expect(take(to, some(3, { epoch: "e2" }))).toEqual(["3"]);
    expect(take(to, older(50), older(51), older(53), older(52), older(49))).toEqual([
      "50",
      "51",
      "early 53",
      "52",
      "53",
      "49 late",
    ]);
    expect(take(to, newer(2), newer(1))).toEqual(["early 2", "1", "2"]);
    expect(to.contiguous("line-4-camera-2")).toEqual({
      epoch: "e3",
      sequence: 2,
      before: [
        { epoch: "e2", sequence: 3 },
        { epoch: "e1", sequence: 53 },
      ],
    });
  });

  it("also expects an older epoch from its beginning when it expects all", () => {
    const to = receiver({ fromStart: true });
    expect(take(to, some(1, { epoch: "e2" }), some(2, { checkedAt: "2026-11-22T18:00:00.000Z" }))).toEqual([
      "1",
      "early 2",
    ]);
  });

  it("returns reports older than the first one late, since blocking findings are sent first", () => {
    const to = receiver();
    expect(take(to, some(5), some(1), some(2), some(2), some(6))).toEqual([
      "5",
      "1 late",
      "2 late",
      "duplicate e1.2",
      "6",
    ]);
  });

  it("drops duplicates and reports two different reports with one id", () => {
    const to = receiver();
    expect(take(to, some(1), some(1), some(1, { drift: "IN_SYNC" }))).toEqual(["1", "duplicate e1.1", "conflict 1"]);
  });

  it("skips what the device has named as a gap", () => {
    const to = receiver();
    expect(take(to, some(1), some(4, { gaps: [lost(2, 3)] }))).toEqual(["1", "early 4", "named 2-3", "4"]);
    expect(to.contiguous("line-4-camera-2")).toEqual({ epoch: "e1", sequence: 4 });
  });

  it("keeps its place in many epochs at once, however they alternate", () => {
    const to = receiver();
    const epochs = Array.from({ length: 20 }, (_, at) => `e${at + 1}`);
    for (const sequence of [1, 2, 3]) {
      expect(take(to, ...epochs.map((epoch) => some(sequence, { epoch })))).toEqual(epochs.map(() => `${sequence}`));
    }
    expect(take(to, ...epochs.map((epoch) => some(2, { epoch })))).toEqual(
      epochs.map((epoch) => `duplicate ${epoch}.2`),
    );
  });

  it("returns what an epoch still held back when other epochs displace it, and accepts gaps that are named later", () => {
    const to = receiver();
    take(to, some(1), some(3));
    const others = Array.from({ length: 8 }, (_, at) => some(1, { epoch: `o${at}` }));
    expect(take(to, ...others)).toEqual([...others.map(() => "1"), "missing 2-2", "3"]);
    take(to, some(6));
    expect(take(to, some(2, { epoch: "o7", gaps: [{ ...lost(4, 5), epoch: "e1" }] }))).toEqual(["2", "named 4-5", "6"]);
  });

  it("reports its progress in each epoch, the newest first", () => {
    const to = receiver();
    take(to, some(1), some(1, { epoch: "e2" }), some(2), some(1, { epoch: "e3" }), some(4));
    expect(to.contiguous("line-4-camera-2")).toEqual({
      epoch: "e3",
      sequence: 1,
      before: [
        { epoch: "e2", sequence: 1 },
        { epoch: "e1", sequence: 2 },
      ],
    });
  });

  it("waits for reports in a range that are not lost", () => {
    const to = receiver();
    // Of 2 to 6 two are lost: 4 and 6 are still on their way.
    expect(take(to, some(1), some(7, { gaps: [lost(2, 6, 3)] }))).toEqual(["1", "early 7"]);
    expect(take(to, some(4))).toEqual(["early 4"]);
    expect(take(to, some(6))).toEqual(["early 6", "named 2-3", "4", "named 5-5", "6", "7"]);
  });

  it("combines ranges that overlap: one names what the other leaves out", () => {
    const to = receiver();
    // Lost are 2, 4 and 6, then 3 and 5.
    expect(take(to, some(1), some(8, { gaps: [lost(2, 6, 3)] }), some(9, { gaps: [lost(3, 5, 2)] }))).toEqual([
      "1",
      "early 8",
      "early 9",
      "named 2-6",
    ]);
    expect(take(to, some(7))).toEqual(["7", "8", "9"]);
  });

  it("expects nothing in a range from before the first report that it saw", () => {
    const to = receiver();
    expect(take(to, some(5, { gaps: [lost(1, 4)] }), some(8, { gaps: [lost(3, 7, 1)] }))).toEqual(["5", "early 8"]);
    expect(take(to, some(7))).toEqual(["early 7", "named 6-6", "7", "8"]);
    expect(take(to, some(12, { gaps: [lost(4, 11, 1)] }))).toEqual(["early 12"]);
  });

  it("recognises a duplicate of an old report that came before one that never came", () => {
    const to = receiver();
    take(to, some(1), some(3));
    to.release();
    for (let sequence = 4; sequence < 1_010; sequence++) take(to, some(sequence));
    expect(take(to, some(1), some(2), some(3))).toEqual(["duplicate e1.1", "2 late", "duplicate e1.3"]);
  });

  it("handles ranges of any length, and many that overlap, in no time", () => {
    const to = receiver();
    const most = Number.MAX_SAFE_INTEGER;
    take(to, some(1), some(5), some(9));
    const many = Array.from({ length: 100 }, (_, at) => lost(2 + at, most - 1, 1));
    const cpuMs = startCpuTime();

    expect(take(to, some(2, { epoch: "e2", gaps: many.map((gap) => ({ ...gap, epoch: "e1" })) }))).toEqual(["early 2"]);
    expect(take(to, some(most, { gaps: [lost(2, most - 1)] }))).toEqual([
      `early ${most}`,
      "named 2-4",
      "5",
      "named 6-8",
      "9",
      `named 10-${most - 1}`,
      `${most}`,
    ]);
    expect(take(to, some(7), some(1e15), some(7), some(1e15, { drift: "IN_SYNC" }))).toEqual([
      "7 late",
      "1000000000000000 late",
      "duplicate e1.7",
      "conflict 1000000000000000",
    ]);
    expect(to.contiguous("line-4-camera-2")).toEqual({
      epoch: "e2",
      sequence: 0,
      before: [{ epoch: "e1", sequence: most }],
    });
    expect(cpuMs()).toBeLessThan(1_000);
  });

  it("counts what a report names once, however often the report comes", () => {
    const to = receiver();
    const last = some(7, { gaps: [lost(2, 6, 3)] });
    expect(take(to, some(1), last, last)).toEqual(["1", "early 7", "duplicate e1.7"]);
    expect(take(to, some(4), some(6))).toEqual(["early 4", "early 6", "named 2-3", "4", "named 5-5", "6", "7"]);
  });

  it("names what never came when it stops waiting, and accepts it late", () => {
    const to = receiver();
    expect(take(to, some(1), some(3), some(6))).toEqual(["1", "early 3", "early 6"]);
    expect(short(to.release())).toEqual(["missing 2-2", "3", "missing 4-5", "6"]);
    expect(take(to, some(2), some(2))).toEqual(["2 late", "duplicate e1.2"]);
    expect(short(to.release())).toEqual([]);
  });

  it("holds back no more than its limit", () => {
    expect(take(receiver({ mostHeld: 2 }), some(1), some(3), some(4), some(5))).toEqual([
      "1",
      "early 3",
      "early 4",
      "early 5",
      "missing 2-2",
      "3",
      "4",
      "5",
    ]);
  });

  it("starts a later epoch at its beginning, and accepts gaps of an earlier one", () => {
    const to = receiver();
    take(to, some(1), some(3));
    expect(take(to, some(2, { epoch: "e2", gaps: [{ ...lost(2, 2), epoch: "e1" }] }))).toEqual([
      "early 2",
      "named 2-2",
      "3",
    ]);
    expect(take(to, some(1, { epoch: "e2" }))).toEqual(["1", "2"]);
  });

  it("forgets the least recently used thing when there are many, and returns what it still held back", () => {
    const to = receiver({ mostThings: 2 });
    const of = (thing: string, sequence: number) => some(sequence, { thing });
    take(to, of("a", 1), of("b", 1), of("b", 3), of("a", 2));
    expect(take(to, of("c", 1))).toEqual(["1", "missing 2-2", "3"]);
    expect([to.contiguous("a")?.sequence, to.contiguous("b"), to.contiguous("c")?.sequence]).toEqual([2, null, 1]);
  });

  it("refuses a report of another thing than its topic names", () => {
    const to = receiver();
    const message = JSON.stringify(some(1, { thing: "a" }));
    expect(to.receive(message, "b")).toEqual([
      { kind: "refused", why: 'Cannot accept a report of thing "a": its topic is that of "b"' },
    ]);
    expect(to.contiguous("a")).toBeNull();
    expect(short(to.receive(message, "a"))).toEqual(["1"]);
  });

  it("keeps waiting for what is missing and not named, and continues after it when told to stop waiting", () => {
    const to = receiver();
    take(to, some(1), some(2), some(5), some(6), some(8));
    expect(to.contiguous("line-4-camera-2")).toEqual({ epoch: "e1", sequence: 2 });
    expect(short(to.release())).toEqual(["missing 3-4", "5", "6", "missing 7-7", "8"]);
    expect(to.contiguous("line-4-camera-2")).toEqual({ epoch: "e1", sequence: 8 });
    expect(take(to, some(9), some(4), some(7))).toEqual(["9", "4 late", "7 late"]);
    expect(short(to.release())).toEqual([]);
  });

  it("keeps things apart", () => {
    const to = receiver({ fromStart: true });
    expect(take(to, some(1, { thing: "a" }), some(1, { thing: "b", drift: "IN_SYNC" }))).toEqual(["1", "1"]);
  });

  it("joins the parts of split reports, in any order and of several things", () => {
    const findings = Array.from({ length: 40 }, (_, at) =>
      someFinding({ fingerprint: at.toString(16).padStart(16, "0") }),
    );
    const reports = ["a", "b"].map((thing) => some(1, { thing, findings }));
    const messages = reports.flatMap((report) => encodeReport(report, 5_000));
    const to = receiver();

    const received = [...messages].reverse().flatMap((message) => to.receive(message));

    expect(messages.length).toBeGreaterThan(4);
    expect(received).toEqual([...reports].reverse().map((report) => ({ kind: "report", report, late: false })));
  });

  it("reports parts that differ, in either order, and accepts the report when it is sent again", () => {
    const real = encodeReport(some(1, { findings: Array(40).fill(someFinding()) }), 5_000);
    const [first = "", ...rest] = real;
    const forgeries = [first.replace("The package needs", "Nobody needs"), first.replace("DRIFTED", "IN_SYNC")];
    for (const forged of forgeries) {
      for (const pair of [
        [forged, first],
        [first, forged],
      ]) {
        const to = receiver();
        const came = [...pair, ...rest].flatMap((message) => to.receive(message));
        expect(came).toEqual([{ kind: "conflict", report: JSON.parse(pair[1] ?? "") }]);
        expect(short(real.flatMap((message) => to.receive(message)))).toEqual(["1"]);
      }
      const to = receiver();
      const came = [...rest, forged, ...real].flatMap((message) => to.receive(message));
      expect(short(came)).toContain("conflict 1");
    }
  });

  it("accepts a repeated part, also from a store that has reordered its keys", () => {
    const report = some(1, { findings: Array(40).fill(someFinding()) });
    const [first = "", ...rest] = encodeReport(report, 5_000);
    const { findings, ...head } = JSON.parse(first);
    const turned = JSON.stringify({ findings: findings.map((each: object) => flip(each)), ...flip(head) });
    const to = receiver();

    const received = [first, turned, first, ...rest].flatMap((message) => to.receive(message));

    expect(received).toEqual([{ kind: "report", report, late: false }]);
  });

  it("keeps only the newest parts that fit", () => {
    const to = receiver({ mostBytes: 100_000 });
    const messagesOf = (sequence: number) =>
      encodeReport(some(sequence, { findings: Array(30).fill(someFinding()) }), 6_000);
    const [firstOfOne = "", ...restOfOne] = messagesOf(1);
    to.receive(firstOfOne);
    for (let sequence = 2; sequence < 20; sequence++) to.receive(messagesOf(sequence)[0] ?? "");
    const [, ...restOfLast] = messagesOf(19);

    expect(short(restOfLast.flatMap((message) => to.receive(message)))).toEqual(["19"]);
    expect(restOfOne.flatMap((message) => to.receive(message))).toEqual([]);
  });

  it("has room again once a report was returned", () => {
    const to = receiver({ mostBytes: 40_000 });
    for (let sequence = 1; sequence < 60; sequence += 2) {
      const split = some(sequence, { findings: Array(20).fill(someFinding()) });
      const messages = [some(sequence + 1), split].flatMap((report) => encodeReport(report, 6_000));
      const received = messages.flatMap((message) => to.receive(message));
      expect(short(received).slice(-2)).toEqual(sequence === 1 ? ["2", "1 late"] : [`${sequence}`, `${sequence + 1}`]);
    }
  });

  it("holds back no more bytes than its limit, and gives up first what has been missing for longest", () => {
    const to = receiver({ mostBytes: 20_000, mostHeld: 1_000 });
    const of = (thing: string, sequence: number) => some(sequence, { thing });
    const received = take(to, of("a", 1), of("b", 1), of("a", 3), of("a", 5), of("b", 3), of("b", 4));
    expect(received).toEqual(["1", "1", "early 3", "early 5", "early 3", "early 4"]);

    const more = take(to, ...[5, 6, 7, 8, 9].map((sequence) => of("b", sequence)));

    expect(more.filter((each) => !each.startsWith("early"))).toEqual([
      "missing 2-2",
      "3",
      "missing 4-4",
      "5",
      "missing 2-2",
      ...["3", "4", "5", "6", "7", "8"],
      "9",
    ]);
  });

  it.each([
    ["no JSON", "{"],
    ["another schema", '{"schema":"x"}'],
    ["a list", "[]"],
    ["null", "null"],
    ["an id that is not its place", JSON.stringify({ ...some(1), id: "e1.2" })],
    ["a sequence that is none", JSON.stringify({ ...some(1), sequence: "1" })],
    ["a gap that counts nothing", JSON.stringify(some(9, { gaps: [lost(2, 3, 0)] }))],
    ["a gap that counts more than it has", JSON.stringify(some(9, { gaps: [lost(2, 3, 3)] }))],
    ["a gap that ends before it begins", JSON.stringify(some(9, { gaps: [lost(3, 2, 1)] }))],
    ["a gap beyond whole numbers", JSON.stringify(some(9, { gaps: [lost(1, 2 ** 53, 1)] }))],
    ["a gap that is none", JSON.stringify({ ...some(9), gaps: [null] })],
    ["a gap of an epoch that is no text", JSON.stringify({ ...some(9), gaps: [{ ...lost(1, 1), epoch: 1 }] })],
    ["more gaps than anybody tells", JSON.stringify(some(999, { gaps: Array(101).fill(lost(1, 1)) }))],
    ["a time that is none", JSON.stringify(some(1, { checkedAt: "yesterday" }))],
    ["a part of a billion", JSON.stringify({ ...some(1), part: { index: 1, of: 1e9 } })],
    ["a prototype", JSON.stringify(some(1)).replace("{", '{"__proto__":{"x":1},')],
    [
      "a depth without end",
      JSON.stringify(some(1)).replace('"findings":[', `"findings":[${"[".repeat(9_999)}${"]".repeat(9_999)},`),
    ],
    ["a megabyte", " ".repeat(2 ** 20)],
    ["128 KB in letters of two bytes", JSON.stringify(some(1, { matches: ["ü".repeat(70_000) as never] }))],
  ])("refuses %s", (_, message) => {
    expect(short(receiver().receive(message))).toEqual(["refused"]);
    expect(short(receiver().receive(Buffer.from(message)))).toEqual(["refused"]);
  });

  it("returns every report once and in order, whatever is lost, repeated or shuffled, as long as losses are named", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(6), fc.boolean()), { maxLength: 40 }), (fates) => {
        const to = receiver({ fromStart: true });
        const gone = fates.flatMap(([arrives], at) => (arrives ? [] : [lost(at + 1, at + 1)]));
        const coming = fates.flatMap(([arrives, delay, twice], at) => {
          const each = { at: at + delay, report: some(at + 1) };
          return arrives ? (twice ? [each, { ...each, at: each.at + 3 }] : [each]) : [];
        });
        const last = some(fates.length + 1, { gaps: gone.slice(0, 100) });
        const messages = [...coming.sort((a, b) => a.at - b.at).map(({ report }) => report), last];

        const received = messages.flatMap((message) => to.receive(JSON.stringify(message)));

        const given = received.flatMap((each) => (each.kind === "report" ? [each.report.sequence] : []));
        const arriving = fates.flatMap(([arrives], at) => (arrives ? [at + 1] : []));
        expect(given).toEqual([...arriving, fates.length + 1]);
        expect(to.contiguous("line-4-camera-2")?.sequence).toBe(fates.length + 1);
      }),
      { numRuns: 200 },
    );
  });
});
