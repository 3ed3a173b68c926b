import { describe, expect, it } from "vitest";
import { RULE_IDS } from "../../src/drift/finding.js";
import { shadowStore } from "../../src/lab/shadows.js";
import { reportedShadow } from "../../src/report/reported-shadow.js";
import { someFacts } from "../drift/builders.js";
import { errorsOf } from "../schema-errors.js";
import { someFinding, someReport } from "./builders.js";

const settings = { schedule: "0 */6 * * *", jitterSeconds: 0, heartbeatHours: 24, logLevel: "info" };
const leaves = (value: unknown): unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [value];
/** The times of the last write, of each element of a list too. */
function stamped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stamped);
  if (typeof value !== "object" || value === null) return value === null ? undefined : { timestamp: 1_796_040_000 };
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, stamped(child)]));
}
const AROUND = { version: 123_456, timestamp: 1_796_040_000, clientToken: "0123456789ab" };

describe("reportedShadow", () => {
  it("reports the worst of several jobs, and the rules that drifted in any", () => {
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

  it("names neither a rule whose drift is waived nor one that waits for more checks", () => {
    const waived = someFinding({ rule: "compiler.cuda-ver", waived: { reason: "tried by hand", expires: null } });
    const rising = someFinding({ rule: "device.memory", damped: { state: "RISING", checks: 1, needed: 3 } });

    const shadow = reportedShadow({
      reports: [someReport({ findings: [waived, someFinding({ rule: "target.os" }), rising] })],
      facts: someFacts(),
      settings,
    });

    expect(shadow?.codes).toEqual(["target.os"]);
  });

  it("names the jobs that will not run, sorted and each once, by component where a job has no name", () => {
    const stuck = (name: string | null, component: string | null = null) =>
      someReport({ job: { ...someReport().job, name }, component: { ...someReport().component, name: component } });
    const runs = someReport({ runnable: "RUNNABLE", job: { ...someReport().job, name: "inspect-1" } });
    const reports = [
      stuck("inspect-9"),
      runs,
      stuck("inspect-7"),
      stuck("inspect-9"),
      stuck(null, "com.example.Bolts"),
    ];

    expect(reportedShadow({ reports, facts: someFacts(), settings })).toMatchObject({
      wontRun: ["com.example.Bolts", "inspect-7", "inspect-9"],
      wontRunCut: null,
    });
  });

  it("replaces the names in the shadow, and deletes them where all jobs run", () => {
    const shadows = shadowStore(() => 0);
    const address = { thingName: "line-4", shadowName: "packdrift" };
    const reportedWith = (...stuck: readonly string[]) => {
      const reports = ["inspect-7", "inspect-8", "inspect-9"].map((name) =>
        someReport({
          job: { ...someReport().job, name },
          runnable: stuck.includes(name) ? "WILL_NOT_RUN" : "RUNNABLE",
        }),
      );
      const reported = reportedShadow({ reports, facts: someFacts(), settings });
      shadows.update(address, { state: { reported } });
      return (shadows.get(address).state as { readonly reported: object }).reported;
    };

    expect(reportedWith("inspect-7", "inspect-9")).toMatchObject({ wontRun: ["inspect-7", "inspect-9"] });
    expect(reportedWith("inspect-8")).toMatchObject({ wontRun: ["inspect-8"] });
    expect(reportedWith()).not.toHaveProperty("wontRun");
  });

  it.each([
    ["short names", 6, 12],
    ["names as long as AWS allows", 63, 4],
  ])("says how many more jobs will not run when not all fit: %s", (_, length, fitting) => {
    const reports = Array.from({ length: 40 }, (_, at) =>
      someReport({ job: { ...someReport().job, name: `j${String(at).padStart(length - 1, "0")}` } }),
    );

    const shadow = reportedShadow({ reports: [...reports].reverse(), facts: someFacts(), settings });

    expect(shadow?.wontRun).toHaveLength(fitting);
    expect(shadow?.wontRun?.[0]).toBe(reports[0]?.job.name);
    expect(shadow?.wontRunCut).toBe(40 - fitting);
  });

  it("counts a job that has neither a name nor a component among the others", () => {
    const report = someReport();
    const nameless = { job: { ...report.job, name: null }, component: { ...report.component, name: null } };

    const shadow = reportedShadow({ reports: [someReport(nameless)], facts: someFacts(), settings });

    expect(shadow).toMatchObject({ wontRun: null, wontRunCut: 1 });
  });

  it("has nothing to report where no job was checked", () => {
    expect(reportedShadow({ reports: [], facts: someFacts(), settings })).toBe(null);
  });

  it("stays under 2 KB in the worst case, with simple leaves alone", () => {
    const long = '\u0001"ü漢'.repeat(2_000);
    const report = someReport({
      job: { ...someReport().job, project: long, name: long },
      component: { name: long, expectedVersion: long, deployedVersion: long, state: long },
      findings: RULE_IDS.map((rule) => someFinding({ rule })),
    });
    const is = (value: string) => ({ state: "known", value, from: "/x", confidence: "FIRM" }) as const;
    const facts = someFacts({ driver: is(long), l4t: is(long), jetpack: is(long) });

    const found = reportedShadow({
      reports: Array.from({ length: 50 }, (_, at) => ({ ...report, job: { ...report.job, name: `${at}${long}` } })),
      facts,
      settings: { ...settings, schedule: "*".repeat(200) },
    });

    // As the agent adds it.
    const shadow = { ...found, seq: Number.MAX_SAFE_INTEGER };
    expect(Buffer.byteLength(JSON.stringify(shadow))).toBeLessThan(2_048);
    // The answer to a write has a time for each leaf; nucleus lite loses those of 5,000 bytes.
    const answer = { state: { reported: shadow }, metadata: { reported: stamped(shadow) }, ...AROUND };
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(4_900);
    expect(errorsOf("shadow-1", shadow)).toBeNull();
    expect(leaves(shadow).filter((leaf) => leaf !== null && !/^(string|number)$/.test(typeof leaf))).toEqual([]);
  });
});
