import { describe, expect, it } from "vitest";
import { compare, notChecked } from "../../src/drift/compare.js";
import type { Verdict } from "../../src/drift/finding.js";
import { SOURCES } from "../../src/drift/sources.js";
import { applyWaivers, waive } from "../../src/drift/waivers.js";
import { PATHS } from "../../src/job/requirements.js";
import { library, NOW, someFacts, someInput, UNREADABLE } from "./builders.js";

const drifted = () => compare(someInput({ facts: someFacts({ tensorrt: library("8.2.1") }) }));
const WAIVER = { rule: "compiler.trt-ver", reason: "tested by us" };
const told = (verdict: Verdict) => verdict.findings.filter(({ rule }) => rule === "compiler.trt-ver");
const axes = ({ drift, runnable }: Verdict) => `${drift} ${runnable}`;

describe("waive", () => {
  it("keeps showing a waived finding, but no longer counts it", () => {
    const verdict = waive(drifted(), [{ ...WAIVER, expires: "2027-01-01" }], NOW);
    expect([axes(drifted()), axes(verdict)]).toEqual(["DRIFTED WILL_NOT_RUN", "IN_SYNC RUNNABLE"]);
    expect(told(verdict)).toEqual([
      { ...told(drifted())[0], waived: { reason: "tested by us", expires: "2027-01-01" } },
    ]);
  });

  it("covers an unknown as well, but marks no match", () => {
    const unknown = compare(someInput({ facts: someFacts({ tensorrt: UNREADABLE }) }));
    expect(axes(waive(unknown, [WAIVER], NOW))).toBe("IN_SYNC RUNNABLE");
    const clean = compare(someInput());
    expect(waive(clean, [WAIVER], NOW)).toEqual(clean);
  });

  it("covers one path where it names one", () => {
    const path = told(drifted())[0]?.path ?? "";
    expect(axes(waive(drifted(), [{ ...WAIVER, path }], NOW))).toBe("IN_SYNC RUNNABLE");
    expect(axes(waive(drifted(), [{ ...WAIVER, path: null }], NOW))).toBe("IN_SYNC RUNNABLE");
    expect(waive(drifted(), [{ ...WAIVER, path: "Other" }], NOW)).toEqual(drifted());
  });

  it("leaves other rules alone, and a rule that does not exist", () => {
    expect(
      waive(
        drifted(),
        [
          { rule: "compiler.cuda-ver", reason: "x" },
          { rule: "no.rule", reason: "x", expires: "2000-01-01" },
        ],
        NOW,
      ),
    ).toEqual(drifted());
  });

  it.each([
    ["2026-11-23", "IN_SYNC"],
    ["2026-11-22", "DRIFTED"],
    [null, "IN_SYNC"],
    ["2026-11-23T12:00:00.001Z", "IN_SYNC"],
    ["2026-11-23T12:00:00.000Z", "DRIFTED"],
    ["soon", "DRIFTED"],
  ])("until %s makes %s at noon of the 23rd", (expires, drift) => {
    expect(waive(drifted(), [{ ...WAIVER, expires }], NOW).drift).toBe(drift);
  });

  it("reports an expired waiver with the finding that it no longer covers", () => {
    const [first, second] = told(waive(drifted(), [{ ...WAIVER, expires: "2026-01-01" }], NOW));
    expect(first).toEqual(told(drifted())[0]);
    expect(second).toEqual({
      rule: "compiler.trt-ver",
      path: first?.path,
      outcome: "DRIFT",
      severity: "WARNING",
      expected: "a waiver that is still valid",
      actual: "expired 2026-01-01",
      because: 'The waiver for compiler.trt-ver ("tested by us") expired on 2026-01-01 and no longer covers anything',
      evidence: [
        { from: "waiver", value: "tested by us, expires 2026-01-01" },
        { from: "rule", value: SOURCES.waiver },
      ],
      remedy: [],
      fingerprint: expect.any(String),
    });
  });

  it("calls an expired waiver unknown when its finding is unknown", () => {
    const unknown = compare(someInput({ facts: someFacts({ tensorrt: UNREADABLE }) }));
    const verdict = waive(unknown, [{ ...WAIVER, expires: "2026-01-01" }], NOW);
    expect(told(verdict).map(({ outcome }) => outcome)).toEqual(["UNKNOWN", "UNKNOWN"]);
  });

  it.each([
    ["the path that it names", { path: "Other" }, () => drifted().findings, "Other"],
    ["that of the rule's finding, where it covers none", {}, () => compare(someInput()).findings, PATHS.trtVer],
    ["none, where the rule said nothing", {}, () => [], ""],
  ])("reports an expired waiver under %s", (_, changes, findings, path) => {
    const expired = { ...WAIVER, ...changes, expires: "2026-01-01" };
    expect(applyWaivers(findings(), [expired], NOW).find(({ actual }) => actual === "expired 2026-01-01")?.path).toBe(
      path,
    );
  });

  it("reports an expired waiver that covers nothing without making a drift of it", () => {
    const verdict = waive(compare(someInput()), [{ ...WAIVER, expires: "2026-01-01" }], NOW);
    expect([axes(verdict), told(verdict).map(({ outcome }) => outcome)]).toEqual([
      "IN_SYNC RUNNABLE",
      ["MATCH", "NOT_APPLICABLE"],
    ]);
  });

  it("prefers a waiver that is still valid", () => {
    const waivers = [
      { ...WAIVER, expires: "2026-01-01" },
      { ...WAIVER, reason: "renewed" },
    ];
    const verdict = waive(drifted(), waivers, NOW);
    expect([verdict.drift, told(verdict)[0]?.waived?.reason, told(verdict)[1]?.outcome]).toEqual([
      "IN_SYNC",
      "renewed",
      "NOT_APPLICABLE",
    ]);
  });

  it("keeps the rules' order and has nothing to do where nothing was checked", () => {
    const rules = applyWaivers(
      drifted().findings,
      [{ rule: "job.status", reason: "x", expires: "2000-01-01" }],
      NOW,
    ).map(({ rule }) => rule);
    expect(rules.slice(0, 3)).toEqual(["job.status", "job.status", "job.consistent"]);
    expect(waive(notChecked("x"), [WAIVER], NOW)).toEqual(notChecked("x"));
    const verdict = drifted();
    expect(waive(verdict, [], NOW)).toBe(verdict);
  });
});
