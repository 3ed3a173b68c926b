import { describe, expect, it } from "vitest";
import { joinAll } from "../../src/report/parts.js";
import type { CompleteReport } from "../../src/report/report.js";
import { startCpuTime } from "../cpu-time.js";
import { someFinding, someReport } from "./builders.js";

const finding = (because: string) => someFinding({ because });
const PART: CompleteReport = { ...someReport(), findings: [finding("a")], part: { index: 1, of: 2 } };
const whole = (...because: string[]): CompleteReport => ({ ...someReport(), findings: because.map(finding) });

describe("joinAll", () => {
  it("counts a report that lacks parts as incomplete unless a whole copy has all that its parts have", () => {
    const { id } = PART;

    expect(joinAll([PART]).incomplete).toEqual([PART]);
    expect(joinAll([whole("b"), PART, whole("b", "a")])).toMatchObject({ reports: [{ id }, { id }], incomplete: [] });
    expect(joinAll([whole("b"), PART]).incomplete).toEqual([PART]);
    expect(joinAll([{ ...whole("a"), thing: "another" }, PART]).incomplete).toEqual([PART]);
    expect(joinAll([{ ...whole("a"), checkedAt: "2026-01-01T00:00:00.000Z" }, PART]).incomplete).toEqual([PART]);
  });

  it("needs linear time for many incomplete reports and many whole copies", () => {
    const lacking = Array.from({ length: 300 }, (_, at) => ({ ...PART, part: { index: 1, of: 2 + at } }));
    const copies = Array.from({ length: 1_000 }, (_, at) => ({ ...whole(`b${at}`), thing: `thing-${at % 2}` }));
    const own = Array.from({ length: 1_000 }, (_, at) => whole(`b${at}`));
    const cpuMs = startCpuTime();

    expect(joinAll([...copies, ...own, ...lacking]).incomplete).toHaveLength(300);
    expect(cpuMs()).toBeLessThan(1_500);
  });
});
