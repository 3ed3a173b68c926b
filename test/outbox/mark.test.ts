import { describe, expect, it } from "vitest";
import { type Mark, parseMark } from "../../src/outbox/mark.js";

const NAMED = { epoch: "e1", sequence: 7 };
const AT = { wallMs: 1, boot: "b1", bootMs: 2 };
const GAPS = [{ fromSequence: 1, toSequence: 3, count: 2 }];
const HEADER: Mark = { type: "H", v: 1, era: 2, ...NAMED, gaps: [], digest: null, acknowledged: false };
const REPORT: Mark = { type: "R", era: 2, ...NAMED, kind: "COMPLETE", job: "p/j", blocking: true, digest: "d" };

describe("parseMark", () => {
  it.each<Mark>([
    HEADER,
    { ...HEADER, gaps: GAPS, digest: "d", waiting: { e1: [1, 3], e0: [] } },
    REPORT,
    { ...REPORT, gaps: [{ ...GAPS[0], epoch: "e0" } as (typeof GAPS)[0]], sent: AT, copy: true },
    { type: "S", ...NAMED, at: AT },
    { type: "A", ...NAMED },
    { type: "D", ...NAMED },
    { type: "D", ...NAMED, told: true },
  ])("reads back %j", (mark) => {
    expect(parseMark(JSON.parse(JSON.stringify(mark)))).toEqual(mark);
  });

  it.each<[string, unknown]>([
    ["a text", "H"],
    ["an unknown kind", { type: "X", ...NAMED }],
    ["no epoch", { type: "A", sequence: 7 }],
    ["a fractional sequence", { type: "A", epoch: "e1", sequence: 7.5 }],
    ["a sequence after which none is left", { type: "A", epoch: "e1", sequence: Number.MAX_SAFE_INTEGER }],
    ["another version's header", { ...HEADER, v: 2 }],
    ["malformed gaps", { ...HEADER, gaps: [{ fromSequence: "1" }] }],
    ["malformed waiting reports", { ...HEADER, waiting: { e1: ["1"] } }],
    ["a report without its job", { ...REPORT, job: undefined }],
    ["a report of an unknown kind", { ...REPORT, kind: "PARTIAL" }],
    ["a malformed time of sending", { ...REPORT, sent: { wallMs: 1 } }],
    ["a delivery without its instant", { type: "S", ...NAMED }],
  ])("refuses %s", (_, value) => {
    expect(parseMark(value)).toBe(null);
  });
});
