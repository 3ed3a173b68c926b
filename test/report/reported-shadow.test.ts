import { describe, expect, it } from "vitest";
import { RULE_IDS } from "../../src/drift/finding.js";
import { reportedShadow } from "../../src/report/reported-shadow.js";
import { someFacts } from "../drift/builders.js";
import { someFinding, someReport } from "./builders.js";

const settings = { schedule: "0 */6 * * *", jitterSeconds: 0, heartbeatHours: 24, logLevel: "info" };
const leaves = (value: unknown): unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [value];

describe("reportedShadow", () => {
  it("tells the worst of several jobs, and the rules that drifted in any", () => {
    const good = someReport({ drift: "IN_SYNC", runnable: "RUNNABLE", findings: [] });
    const bad = someReport({ findings: [someFinding(), someFinding({ rule: "target.os" })] });

    expect(reportedShadow({ reports: [good, bad, good], facts: someFacts(), settings })).toMatchObject({
      drift: "DRIFTED",
      runnable: "WILL_NOT_RUN",
      jobs: 3,
      codes: ["compiler.trt-ver", "target.os"],
      n: { blocking: 3 },
      hw: { sm: "sm_75", cuda: expect.stringMatching(/^v10\.2/), trtMajor: 7 },
    });
  });

  it("has nothing to tell where no job was checked", () => {
    expect(reportedShadow({ reports: [], facts: someFacts(), settings })).toBe(null);
  });

  it("stays far under 8 KB in the worst case, with simple leaves alone", () => {
    const long = '\u0001"ü漢'.repeat(2_000);
    const report = someReport({
      job: { ...someReport().job, project: long, name: long },
      component: { name: long, expectedVersion: long, deployedVersion: long, state: long },
      findings: RULE_IDS.map((rule) => someFinding({ rule })),
    });
    const is = (value: string) => ({ state: "known", value, from: "/x", confidence: "FIRM" }) as const;
    const facts = someFacts({ driver: is(long), l4t: is(long), jetpack: is(long) });

    const shadow = reportedShadow({
      reports: Array(50).fill(report),
      facts,
      settings: { ...settings, schedule: "*".repeat(200) },
    });

    expect(Buffer.byteLength(JSON.stringify(shadow))).toBeLessThan(2_048);
    expect(leaves(shadow).filter((leaf) => leaf !== null && !/^(string|number)$/.test(typeof leaf))).toEqual([]);
  });
});
